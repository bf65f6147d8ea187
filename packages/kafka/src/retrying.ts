import { sleep, systemClock } from '@eventspine/core/transport'
import { typeOf } from './driver/driver.ts'
import { isTransient } from './errors.ts'

export interface RetryingOptions {
  /** Ends the attempts: the last error is thrown. */
  readonly signal?: AbortSignal
  /** Gives up this long after the first failure. Default: never. */
  readonly withinMs?: number
}

const firstMs = 20
const longestMs = 1_000

/** Calls again while the error is one that passes by itself. */
export async function retrying<T>(call: () => Promise<T>, { signal, withinMs }: RetryingOptions = {}): Promise<T> {
  const start = performance.now()
  for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 2, longestMs)) {
    try {
      return await call()
    } catch (error) {
      const over = withinMs !== undefined && performance.now() - start + waitMs > withinMs
      if (!isTransient(typeOf(error)) || over || signal?.aborted) throw error
      await sleep(systemClock, waitMs * (0.75 + Math.random() / 2), signal)
      if (signal?.aborted) throw error
    }
  }
}
