import { NextCalledTwiceError } from './errors.ts'
import type { HandlerContext } from './handler.ts'
import type { Middleware } from './middleware.ts'

/** May answer at once or with a promise: a synchronous handler without middleware costs no promise. */
export type Run = (context: HandlerContext) => unknown

/** The onion, put together once per registration. */
export function compose(middlewares: readonly Middleware[], handler: Run): Run {
  return middlewares.reduceRight<Run>((inner, middleware) => wrap(middleware, inner), handler)
}

function wrap(middleware: Middleware, inner: Run): Run {
  return (context) => {
    let called = false
    return middleware(context, async () => {
      if (called) throw new NextCalledTwiceError('A middleware called next() twice.')
      called = true
      await inner(context)
    })
  }
}
