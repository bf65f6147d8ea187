import { type Clock, sleep } from '../clock.ts'

/** Where idle workers wait. A wake that comes between looking and waiting isn't missed: see `round`. */
export class Waker {
  readonly #clock: Clock
  #round = 0
  #hint = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Read it before looking for work. */
  get round(): number {
    return this.#round
  }

  /** Everybody who waits, and whoever begins to wait with an older `round`. */
  wake(): void {
    this.#round += 1
    this.#hint.abort()
    this.#hint = new AbortController()
  }

  /** Resolves to true when it was woken, to false when the time is over. */
  async wait(round: number, longestMs: number): Promise<boolean> {
    if (round === this.#round) await sleep(this.#clock, longestMs, this.#hint.signal)
    return round !== this.#round
  }
}
