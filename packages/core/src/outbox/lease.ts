import type { Clock, Timer } from '../clock.ts'
import { ClaimLostError } from './errors.ts'
import type { Claim } from './store.ts'

/**
 * A claim as its holder may rely on it: until the lease, counted from before it was asked for, is over. By the monotonic
 * clock, since nobody may set that. Once over it never comes back: what was on its way then may not be followed by more.
 */
export class Lease {
  readonly claim: Claim
  readonly #clock: Clock
  readonly #ended = new AbortController()
  #until = 0
  #timer: Timer | undefined

  constructor(claim: Claim, clock: Clock, until: number) {
    this.claim = claim
    this.#clock = clock
    this.renew(until)
  }

  /** Aborts when the partition is, or may be, somebody else's. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** Look before each step: a process that was paused finds out here, before its timers do. */
  get valid(): boolean {
    if (!this.signal.aborted && performance.now() >= this.#until) this.end('the lease was not renewed in time')
    return !this.signal.aborted
  }

  /** `until` is a time of `performance.now()`. */
  renew(until: number): void {
    this.#until = until
    this.#timer?.cancel()
    this.#timer = this.#clock.after(Math.max(1, until - performance.now()), () => {
      if (this.valid) this.renew(until)
    })
  }

  end(reason: string): void {
    this.#timer?.cancel()
    this.#ended.abort(new ClaimLostError(`Partition ${this.claim.partition}: ${reason}.`))
  }
}
