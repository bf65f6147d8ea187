/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void
}

/**
 * Where the time comes from. Everything that waits (backoff, timeouts, delays) asks a clock, so that tests can move it by
 * hand. `now` is epoch milliseconds; `after` calls `fn` once, not before `delayMs` have passed.
 */
export interface Clock {
  now(): number
  after(delayMs: number, fn: () => void): Timer
}

/** setTimeout holds at most 2^31 - 1 ms and fires at once beyond it: longer waits are split. */
const longestTimerMs = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    let handle: ReturnType<typeof setTimeout>
    const arm = (leftMs: number): void => {
      const waitMs = Math.min(leftMs, longestTimerMs)
      handle = setTimeout(() => (leftMs > waitMs ? arm(leftMs - waitMs) : fn()), Math.max(0, waitMs))
    }
    arm(delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `delayMs`, or as soon as `signal` aborts: it never rejects, the caller looks at the signal. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(delayMs, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** What `work` comes to, or `late()` when it takes longer than `limitMs`; leaves no timer behind. */
export function atMost<T>(clock: Clock, limitMs: number, work: Promise<T>, late: () => T): Promise<T> {
  let timer: Timer | undefined
  const limit = new Promise<T>((resolve) => {
    timer = clock.after(limitMs, () => resolve(late()))
  })
  return Promise.race([work, limit]).finally(() => timer?.cancel())
}
