import type { Clock, Timer } from '../clock.ts'
import type { ConsumerControl, HandlerContext } from '../consumer/handler.ts'
import { FailureWindow } from './failure-window.ts'
import { quietly } from './quietly.ts'
import { type Waiter, waitIn } from './wait.ts'

/** `closed`: everything passes. `open`: the consumer is paused. `half-open`: probes run, everything else waits. */
export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitSnapshot {
  /** Undefined until its first delivery. */
  readonly group: string | undefined
  readonly state: CircuitState
  /** Pauses in a row without a success between them. */
  readonly openings: number
  /** Epoch milliseconds of the end of the pause; undefined when it isn't open. */
  readonly resumesAt: number | undefined
  /** Deliveries kept from their handlers now. */
  readonly waiting: number
}

export interface CircuitChange {
  readonly from: CircuitState
  readonly to: CircuitState
  /** Epoch milliseconds. */
  readonly at: number
  readonly resumesAt: number | undefined
}

interface Settings {
  readonly failureRatio: number
  readonly minimum: number
  readonly windowMs: number
  readonly pauseMs: number
  readonly maxPauseMs: number
  readonly probes: number
  readonly onChange: (change: CircuitChange) => void
}

/** How an attempt ended; `none`: in a way that says nothing about the handler. */
type Ending = 'succeeded' | 'failed' | 'none'

export type Verdict = (ending: Ending) => void

/** The state machine of a circuit breaker, and the queue of deliveries that it keeps waiting. */
export class Circuit {
  state: CircuitState = 'closed'
  readonly #settings: Settings
  readonly #window: FailureWindow
  readonly #waiters = new Set<Waiter>()
  readonly #consumers = new Set<ConsumerControl>()
  /** Counts the changes of state: an attempt that began before the last one has no say any more. */
  #era = 0
  #openings = 0
  #probing = 0
  #passed = 0
  #timer: Timer | undefined
  #resumesAt: number | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#window = new FailureWindow(settings.windowMs)
  }

  /** Resolves when the delivery may run; the caller then owes the verdict. Rejects when its wait is over for good. */
  async enter(context: HandlerContext): Promise<Verdict> {
    this.#join(context)
    while (!this.#admits()) {
      // It came in although the circuit is open, from a consumer that isn't paused yet.
      if (this.state === 'open') context.consumer.pause()
      await waitIn(this.#waiters, context)
    }
    const era = this.#era
    return (ending) => {
      if (era === this.#era) this.#judge(ending, context.clock)
    }
  }

  toJSON(group: string | undefined): CircuitSnapshot {
    return {
      group,
      state: this.state,
      openings: this.#openings,
      resumesAt: this.#resumesAt,
      waiting: this.#waiters.size,
    }
  }

  #admits(): boolean {
    if (this.state === 'half-open' && this.#probing + this.#passed < this.#settings.probes) {
      this.#probing++
      return true
    }
    return this.state === 'closed'
  }

  #judge(ending: Ending, clock: Clock): void {
    // What still ends while the last consumer stops must not start a pause that nobody would end.
    if (this.#consumers.size === 0) return
    if (this.state === 'half-open') this.#judgeProbe(ending, clock)
    else if (ending !== 'none') this.#judgeAttempt(ending, clock)
  }

  #judgeAttempt(ending: Ending, clock: Clock): void {
    const nowMs = clock.now()
    this.#window.add(nowMs, ending === 'failed')
    if (ending === 'failed' && this.#mostFail(nowMs)) this.#open(clock)
  }

  #judgeProbe(ending: Ending, clock: Clock): void {
    this.#probing--
    if (ending === 'succeeded') this.#passed++
    if (ending === 'failed') this.#open(clock)
    else if (this.#passed >= this.#settings.probes) this.#close(clock)
    else if (ending === 'none') this.#seekProbes()
  }

  #mostFail(nowMs: number): boolean {
    const { succeeded, failed } = this.#window.read(nowMs)
    const ended = succeeded + failed
    return ended >= this.#settings.minimum && failed / ended >= this.#settings.failureRatio
  }

  #open(clock: Clock): void {
    const { pauseMs, maxPauseMs } = this.#settings
    const forMs = Math.min(pauseMs * 2 ** this.#openings, maxPauseMs)
    this.#openings++
    this.#resumesAt = clock.now() + forMs
    this.#timer = clock.after(forMs, () => this.#halfOpen(clock))
    const tell = this.#change('open', clock)
    for (const consumer of this.#consumers) consumer.pause()
    tell()
  }

  #halfOpen(clock: Clock): void {
    this.#timer = undefined
    this.#resumesAt = undefined
    this.#probing = 0
    this.#passed = 0
    const tell = this.#change('half-open', clock)
    this.#seekProbes()
    tell()
  }

  /** Deliveries that already wait come first; the consumer is resumed only for want of them, to burn as few as possible. */
  #seekProbes(): void {
    const wanted = this.#settings.probes - this.#passed - this.#probing
    const chosen = [...this.#waiters].slice(0, wanted)
    for (const waiter of chosen) waiter.admit()
    if (chosen.length < wanted) this.#resume()
  }

  #close(clock: Clock): void {
    this.#openings = 0
    this.#window.clear()
    const tell = this.#change('closed', clock)
    for (const waiter of this.#waiters) waiter.admit()
    this.#resume()
    tell()
  }

  #resume(): void {
    for (const consumer of this.#consumers) consumer.resume()
  }

  #change(to: CircuitState, clock: Clock): () => void {
    const change = { from: this.state, to, at: clock.now(), resumesAt: this.#resumesAt }
    this.state = to
    this.#era++
    return () => quietly(() => this.#settings.onChange(change))
  }

  #join({ consumer, clock }: HandlerContext): void {
    if (this.#consumers.has(consumer) || consumer.stopping.aborted) return
    this.#consumers.add(consumer)
    consumer.stopping.addEventListener('abort', () => this.#leave(consumer, clock), { once: true })
  }

  /** The last one to stop leaves a circuit without timers, as if new. */
  #leave(consumer: ConsumerControl, clock: Clock): void {
    this.#consumers.delete(consumer)
    if (this.#consumers.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#resumesAt = undefined
    this.#openings = 0
    this.#window.clear()
    if (this.state !== 'closed') this.#change('closed', clock)()
  }
}
