import type { Clock, Timer } from '../clock.ts'
import type { Observe } from '../consumer/signal.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import { PublishFailedError, type TransportError } from '../transport/errors.ts'
import type { Message, Outcome } from '../transport/message.ts'
import type { Transport } from '../transport/transport.ts'
import type { BusCounts, Published } from './bus.ts'
import { KeyHaltedError, PublishAbortedError, UnheardError } from './errors.ts'
import { HaltedLanes, resendDelayMs } from './halted-lanes.ts'
import { Outgoing } from './outgoing.ts'

export interface PublisherOptions {
  readonly transport: Pick<Transport, 'publish'>
  readonly maxBatch: Capabilities['maxBatch']
  readonly clock: Clock
  readonly timeoutMs: number
  readonly unheard: 'count' | 'reject'
  readonly counts: BusCounts
  readonly observe: Observe | undefined
}

/**
 * Adaptive batching: what is published in one turn leaves together, at once; while a batch is in flight the next one fills.
 * So concurrent single publishes cost what a batch made by hand costs. A message that must be sent again halts its key, not
 * the others; when its time is up, what waits behind it fails with it, since sending that would break the order.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #halted: HaltedLanes
  #queue: Outgoing[] = []
  #inFlight: readonly Outgoing[] = []
  #scheduled = false
  #deadlines: Timer | undefined
  #waitingForRest: (() => void)[] = []

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#halted = new HaltedLanes(options.clock, (waiting) => this.#resume(waiting))
  }

  publish(message: Message, signal?: AbortSignal): Promise<Published> {
    return new Promise((resolve, reject) => {
      const outgoing = new Outgoing(message, this.#options.clock.now() + this.#options.timeoutMs, resolve, reject)
      if (signal !== undefined) outgoing.heed(signal, () => this.#fail(outgoing, aborted(signal)))
      if (outgoing.done || this.#halted.holdBack(outgoing)) return
      this.#queue.push(outgoing)
      this.#schedule()
    })
  }

  /** Resolves when nothing is on its way any more. Every message has a deadline, so it does. */
  flush(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#waitingForRest.push(resolve)) : Promise.resolve()
  }

  get #busy(): boolean {
    return this.#queue.length > 0 || this.#inFlight.length > 0 || this.#halted.size > 0
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight.length > 0) return
    this.#scheduled = true
    queueMicrotask(this.#send)
  }

  #send = async (): Promise<void> => {
    this.#scheduled = false
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) {
      this.#inFlight = batch
      this.#watchDeadlines()
      const outcomes = await this.#offer(batch)
      this.#inFlight = []
      this.#sort(batch, outcomes)
    }
    this.#rest()
  }

  async #offer(batch: readonly Outgoing[]): Promise<readonly Outcome[]> {
    try {
      return await this.#options.transport.publish(batch.map((outgoing) => outgoing.message))
    } catch (error) {
      // It rejects only when nothing was sent.
      return batch.map(() => ({ accepted: false, error: error as TransportError }))
    }
  }

  /** As many from the front of the queue as one call may hold; those whose caller has left stay behind. */
  #takeBatch(): readonly Outgoing[] {
    const { messages, bytes } = this.#options.maxBatch
    const bounded = bytes !== Number.POSITIVE_INFINITY
    const batch: Outgoing[] = []
    let sum = 0
    let taken = 0
    for (const outgoing of this.#queue) {
      const size = bounded ? outgoing.mostBytes : 0
      if (batch.length === messages || (batch.length > 0 && sum + size > bytes)) break
      taken++
      if (outgoing.done) continue
      sum += size
      batch.push(outgoing)
    }
    if (taken === this.#queue.length) this.#queue = []
    else this.#queue.splice(0, taken)
    return batch
  }

  /** What was accepted first: a refusal must not speak for a successor that is through. */
  #sort(batch: readonly Outgoing[], outcomes: readonly Outcome[]): void {
    const refusals: { outgoing: Outgoing; error: TransportError }[] = []
    for (let index = 0; index < batch.length; index++) {
      const outgoing = batch[index] as Outgoing
      const outcome = outcomes[index] as Outcome
      if (outcome.accepted === true) this.#accepted(outgoing, outcome.unheard === true)
      else refusals.push({ outgoing, error: outcome.error })
    }
    for (const { outgoing, error } of refusals) if (!outgoing.done) this.#refused(outgoing, error, batch)
    if (this.#halted.size > 0) this.#queue = this.#queue.filter((outgoing) => !this.#halted.holdBack(outgoing))
  }

  #accepted(outgoing: Outgoing, unheard: boolean): void {
    const { counts, observe } = this.#options
    counts.published++
    if (unheard) counts.unheard++
    observe?.({ kind: 'published', message: outgoing.message, unheard })
    if (outgoing.done) return
    if (unheard && this.#options.unheard === 'reject') outgoing.fail(unheardError(outgoing.message))
    else outgoing.succeed({ id: outgoing.message.id, unheard })
  }

  /** Halts its key to send it again; a message that can't be, fails, and if it might have been, so does what follows of its key. */
  #refused(outgoing: Outgoing, error: TransportError, batch: readonly Outgoing[]): void {
    outgoing.failures++
    const inTime = this.#options.clock.now() + resendDelayMs(outgoing.failures) < outgoing.deadline
    if (error.retryable && inTime) return this.#halted.halt(outgoing)
    this.#fail(outgoing, error)
    if (!error.retryable) return
    const { lane } = outgoing
    const behind = [...batch, ...this.#queue].filter((other) => other.lane === lane)
    for (const other of [...this.#halted.take(lane), ...behind]) this.#fail(other, keyHalted(outgoing.message))
  }

  #resume(waiting: readonly Outgoing[]): void {
    this.#queue.unshift(...waiting)
    this.#schedule()
  }

  #fail(outgoing: Outgoing, error: unknown): void {
    if (outgoing.done) return
    this.#options.counts.publishFailed++
    this.#options.observe?.({ kind: 'publish-failed', message: outgoing.message, error })
    outgoing.fail(error)
  }

  #watchDeadlines(afterMs = this.#options.timeoutMs): void {
    this.#deadlines ??= this.#options.clock.after(afterMs, () => {
      this.#deadlines = undefined
      this.#expire()
    })
  }

  #expire(): void {
    const { clock, timeoutMs } = this.#options
    const now = clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const outgoing of [...this.#inFlight, ...this.#queue, ...this.#halted.all()]) {
      if (outgoing.deadline <= now) this.#fail(outgoing, timedOut(outgoing.message, timeoutMs))
      else next = Math.min(next, outgoing.deadline - now)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#watchDeadlines(next)
  }

  #rest(): void {
    if (this.#busy) return
    this.#deadlines?.cancel()
    this.#deadlines = undefined
    for (const resolve of this.#waitingForRest.splice(0)) resolve()
  }
}

function aborted(signal: AbortSignal): PublishAbortedError {
  return new PublishAbortedError('Aborted; the broker may have the event.', { cause: signal.reason })
}

const nameOf = (message: Message): string => `event ${message.id} on ${message.topic}`

function unheardError(message: Message): UnheardError {
  return new UnheardError(`No group will get ${nameOf(message)}.`)
}

function keyHalted(failed: Message): KeyHaltedError {
  return new KeyHaltedError(`Its key waits for ${nameOf(failed)}, which failed.`)
}

function timedOut(message: Message, timeoutMs: number): PublishFailedError {
  return new PublishFailedError(`${nameOf(message)} was not confirmed in ${timeoutMs} ms; the broker may have it.`)
}
