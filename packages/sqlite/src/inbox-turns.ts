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

/** What `promise` gives, or `signal.reason` as soon as it aborts; a later rejection of `promise` is then nobody's concern. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
