import { TransportClosedError } from '@eventspine/core/transport'
import type { Broker } from './broker/broker.ts'
import { Gate } from './broker/gate.ts'

/** What lies between one transport and the broker. */
export class Link {
  readonly broker: Broker
  /** Closed by a black hole: the broker is up, nothing comes through. */
  readonly gate = new Gate()
  #state: 'new' | 'open' | 'closed' = 'new'
  #closing = new AbortController()

  constructor(broker: Broker) {
    this.broker = broker
  }

  get state(): 'new' | 'open' | 'closed' {
    return this.#state
  }

  get passes(): boolean {
    return this.broker.up && !this.gate.closed
  }

  open(): void {
    this.#state = 'open'
    this.#closing = new AbortController()
  }

  close(): void {
    this.#state = 'closed'
  }

  /** Whatever still waits for the broker waits in vain. */
  cut(): void {
    this.#closing.abort()
  }

  /** Throws unless the transport is connected. */
  check(): void {
    if (this.#state === 'open') return
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
      await raced(Promise.all([this.broker.gate.opened, this.gate.opened]), this.#closing.signal, signal)
      signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw new TransportClosedError('The transport was closed meanwhile')
    }
  }
}

function raced(promise: Promise<unknown>, ...signals: (AbortSignal | undefined)[]): Promise<void> {
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
