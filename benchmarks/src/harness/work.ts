/** Runs `work` and returns how many of its `count` pieces were done in a second. */
export async function perSecond(count: number, work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return count / ((performance.now() - startedAt) / 1_000)
}

/** As many callers as `callers`, each of which waits for its piece of `count` before it takes the next. */
export async function concurrently(
  callers: number,
  count: number,
  piece: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const call = async (): Promise<void> => {
    while (next < count) await piece(next++)
  }
  await Promise.all(Array.from({ length: Math.min(callers, count) }, call))
}

/** Tells when something has happened a number of times. */
export class Countdown {
  #left = 0
  #reached: () => void = () => {}

  /** Begins anew; resolves when `tick` has been called `count` times. */
  from(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#reached = resolve
    })
  }

  tick(): void {
    if (--this.#left === 0) this.#reached()
  }
}
