import type { Middleware } from '../consumer/middleware.ts'
import { checkNumber } from './check-option.ts'
import { HandlerTimeoutError } from './errors.ts'

export interface TimeoutOptions {
  /** For the handler and every middleware inside this one, per attempt. */
  readonly ms: number
}

/**
 * Fails an attempt that takes longer than `ms` with `handler-timeout` and aborts `context.signal`. It cannot stop a handler
 * that ignores the signal: that one runs on beside the next attempt, and how it ends is of no consequence any more. With an
 * inbox, put `idempotency` inside of the timeout: the effects of the abandoned run are then rolled back, or count once.
 */
export function timeout(options: TimeoutOptions): Middleware {
  const { ms } = options
  checkNumber('timeout: ms', ms)
  const middleware: Middleware = (context, next) =>
    new Promise((resolve, reject) => {
      const timer = context.clock.after(ms, () => {
        const error = new HandlerTimeoutError(`A handler of group "${context.group}" took longer than ${ms} ms.`)
        reject(error)
        context.abort(error)
      })
      next()
        .then(resolve, reject)
        .finally(() => timer.cancel())
    })
  return Object.assign(middleware, { limitMs: ms })
}
