import { unlessAborted } from '@eventspine/core/transport'

/** One at a time, first come first served. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Resolves to what ends the turn. Rejects with `signal.reason`; the turn is then left out. */
  async take(signal: AbortSignal | undefined): Promise<() => void> {
    const before = this.#last
    const mine = Promise.withResolvers<void>()
    this.#last = before.then(() => mine.promise)
    try {
      await unlessAborted(before, signal)
    } catch (error) {
      mine.resolve()
      throw error
    }
    return mine.resolve
  }
}
