import type { Clock, Timer } from '../clock.ts'
import type { Middleware } from '../consumer/middleware.ts'
import { checkCount, checkNumber } from './check-option.ts'
import { TokenBucket } from './token-bucket.ts'
import { type Waiter, waitIn } from './wait.ts'

export interface ThrottleOptions {
  /** Handlers started per `perMs`, evenly spread once the burst is spent. */
  readonly limit: number
  readonly perMs: number
  /** Handlers that may start at once after a lull: a whole number. Default: `limit`, at least 1. */
  readonly burst?: number
}

/**
 * Starts handlers at no more than a rate; who comes too early waits its turn, first come first served. Every attempt counts,
 * retries too. One instance may be shared by several consumers, which then share the rate; it is a limit of this process,
 * not of all members of a group. Put it outermost: a `timeout` around it would count the waiting.
 */
export function throttle(options: ThrottleOptions): Middleware {
  const { limit, perMs, burst = Math.max(1, Math.floor(limit)) } = options
  checkNumber('throttle: limit', limit)
  checkNumber('throttle: perMs', perMs)
  checkCount('throttle: burst', burst)
  const bucket = new TokenBucket(perMs / limit, burst)
  const waiters = new Set<Waiter>()
  let timer: Timer | undefined

  const rearm = (clock: Clock): void => {
    timer?.cancel()
    timer = undefined
    for (const waiter of waiters) {
      const waitMs = bucket.take(clock.now())
      if (waitMs > 0) {
        timer = clock.after(waitMs, () => rearm(clock))
        return
      }
      waiter.admit()
    }
  }

  return async (context, next) => {
    const { clock } = context
    const free = waiters.size === 0 && bucket.take(clock.now()) === 0
    if (!free) {
      const turn = waitIn(waiters, context, () => waiters.size === 0 && rearm(clock))
      if (timer === undefined) rearm(clock)
      await turn
    }
    return next()
  }
}
