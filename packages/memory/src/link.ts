import { ConnectionFailedError, TransportClosedError } from '@eventspine/core/transport'
import type { Broker } from './broker/broker.ts'
import { Gate } from './broker/gate.ts'

/** `crashed` is what fault injection makes of an open one. */
export type LinkState = 'new' | 'open' | 'closed' | 'crashed'

/** What lies between one transport and the broker. */
export class Link {
  readonly broker: Broker
  /** Closed while this transport is paused or its network a black hole. */
  readonly gate = new Gate()
  /** Whether the answer to a call gets lost, with the connection: then this has mended it already. */
  losesAnswer: () => boolean = () => false
  #state: LinkState = 'new'
  #end = new AbortController()

  constructor(broker: Broker) {
    this.broker = broker
  }

  get state(): LinkState {
    return this.#state
  }

  get passes(): boolean {
    return this.broker.up && !this.gate.closed
  }

  open(): void {
    this.#state = 'open'
    this.#end = new AbortController()
  }

  close(): void {
    this.#state = 'closed'
  }

  crash(): void {
    this.#state = 'crashed'
    this.cut()
  }

  /** Whatever still waits for the broker waits in vain. */
  cut(): void {
    this.#end.abort()
  }

  /** Throws unless the transport is connected. */
  check(): void {
    if (this.#state === 'open') return
    if (this.#state === 'crashed') throw new ConnectionFailedError('Injected: the member has crashed')
    throw new TransportClosedError(
      this.#state === 'new' ? 'The transport is not connected yet' : 'The transport is closed',
    )
  }

  /** Resolves when a new call reaches the broker. */
  async reached(signal?: AbortSignal): Promise<void> {
    this.check()
    await this.passing(signal)
  }

  /** The same for a call that was made before a close, which flushes; rejects when `signal` aborts or nothing can pass. */
  async passing(signal?: AbortSignal): Promise<void> {
    while (!this.passes) {
      await eitherOf(Promise.all([this.broker.gate.opened, this.gate.opened]), this.#end.signal, signal)
      signal?.throwIfAborted()
      if (!this.#end.signal.aborted) continue
      this.check()
      throw new TransportClosedError('The transport was closed meanwhile')
    }
  }
}

function eitherOf(promise: Promise<unknown>, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const signal of signals) signal?.removeEventListener('abort', done)
      resolve()
    }
    void promise.then(done)
    for (const signal of signals) {
      if (signal?.aborted) done()
      else signal?.addEventListener('abort', done, { once: true })
    }
  })
}
