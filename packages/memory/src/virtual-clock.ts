import type { Clock, Timer } from '@eventspine/core/transport'
import { type Timed, TimeHeap } from './time-heap.ts'

/** A clock that stands still until a test moves it. Hand it to the broker and to the bus. */
export interface VirtualClock extends Clock {
  /** Timers that have neither run nor been cancelled. */
  readonly pending: number
  /**
   * Runs what falls due within `ms`, in order of time, each at its own time; what it sets in motion may finish before the
   * next runs. Resolves at the new time. Overlapping calls follow each other.
   */
  advance(ms: number): Promise<void>
  /** The same, to an epoch time; one that has passed moves nothing. */
  advanceTo(epochMs: number): Promise<void>
  /** Until no timer is left. Rejects after `maxTimers` (default 10,000): something sets timers for ever. */
  runAll(options?: { maxTimers?: number }): Promise<void>
}

interface VirtualTimer extends Timed {
  readonly run: () => void
  state: 'pending' | 'over'
}

/** `now` defaults to 2026-01-01T00:00:00Z, the same in every run. */
export function createVirtualClock(options: { now?: Date | number } = {}): VirtualClock {
  return new SteppedClock(Number(options.now ?? Date.UTC(2026, 0, 1)))
}

class SteppedClock implements VirtualClock {
  readonly #timers = new TimeHeap<VirtualTimer>()
  #now: number
  #seq = 0
  #pending = 0
  #moves: Promise<void> = Promise.resolve()

  constructor(now: number) {
    if (!Number.isFinite(now)) throw new TypeError('`now` must be a Date or epoch milliseconds')
    this.#now = now
  }

  get pending(): number {
    return this.#pending
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: VirtualTimer = { dueAt: this.#now + Math.max(0, delayMs), seq: this.#seq++, run, state: 'pending' }
    this.#timers.push(timer)
    this.#pending++
    return { cancel: () => this.#end(timer) }
  }

  advance(ms: number): Promise<void> {
    return this.#move(() => this.#runUntil(this.#now + ms))
  }

  advanceTo(epochMs: number): Promise<void> {
    return this.#move(() => this.#runUntil(epochMs))
  }

  runAll({ maxTimers = 10_000 }: { maxTimers?: number } = {}): Promise<void> {
    return this.#move(async () => {
      await settled()
      for (let left = maxTimers; this.#next() !== undefined; left--) {
        if (left === 0) throw new Error(`${maxTimers} timers have run and ${this.#pending} are left: they never end`)
        await this.#runNext()
      }
    })
  }

  #move(move: () => Promise<void>): Promise<void> {
    const moved = this.#moves.then(move)
    this.#moves = moved.catch(() => {})
    return moved
  }

  async #runUntil(epochMs: number): Promise<void> {
    await settled()
    for (let next = this.#next(); next !== undefined && next.dueAt <= epochMs; next = this.#next()) {
      await this.#runNext()
    }
    this.#now = Math.max(this.#now, epochMs)
  }

  async #runNext(): Promise<void> {
    const timer = this.#timers.pop() as VirtualTimer
    this.#now = Math.max(this.#now, timer.dueAt)
    this.#end(timer)
    timer.run()
    await settled()
  }

  #next(): VirtualTimer | undefined {
    while (this.#timers.first?.state === 'over') this.#timers.pop()
    return this.#timers.first
  }

  #end(timer: VirtualTimer): void {
    if (timer.state === 'over') return
    timer.state = 'over'
    this.#pending--
  }
}

/** After a turn of the event loop every chain of promises that was ready has come to its end or to a timer. */
const settled = (): Promise<void> => new Promise((resolve) => nextTurn(resolve))

/** Node's way costs no millisecond. */
const nextTurn = (run: () => void): unknown =>
  typeof setImmediate === 'function' ? setImmediate(run) : setTimeout(run, 0)
