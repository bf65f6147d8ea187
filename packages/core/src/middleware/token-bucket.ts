/** Below it a wait is a rounding error of the sums. */
const negligibleMs = 1e-6

/**
 * A bucket of `burst` tokens that gains one each `intervalMs`, kept as the one moment at which it will be full again
 * (GCRA): nothing to refill, and no error that adds up.
 */
export class TokenBucket {
  readonly #intervalMs: number
  readonly #burst: number
  /** Times are counted from the first call: near zero, even an interval of microseconds is more than a rounding error. */
  #originMs: number | undefined
  #fullAtMs = 0

  constructor(intervalMs: number, burst: number) {
    this.#intervalMs = intervalMs
    this.#burst = burst
  }

  /** Takes a token and returns 0, or takes none and returns how long to wait for one, in whole milliseconds. */
  take(epochMs: number): number {
    this.#originMs ??= epochMs
    const nowMs = epochMs - this.#originMs
    // A clock that was set back must not make anybody wait longer than an empty bucket does.
    const emptyMs = nowMs + this.#burst * this.#intervalMs
    const fullAtMs = Math.min(Math.max(this.#fullAtMs, nowMs), emptyMs)
    const waitMs = fullAtMs + this.#intervalMs - emptyMs
    if (waitMs > negligibleMs) {
      this.#fullAtMs = fullAtMs
      return Math.ceil(waitMs - negligibleMs)
    }
    this.#fullAtMs = fullAtMs + this.#intervalMs
    return 0
  }
}
