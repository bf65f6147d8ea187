import { describe, expect, it } from 'vitest'
import { compose } from './compose.ts'
import type { HandlerContext } from './handler.ts'
import type { Middleware } from './middleware.ts'

const context = {} as HandlerContext

describe('the onion', () => {
  it('runs the first middleware outermost', async () => {
    const order: string[] = []
    const layer =
      (name: string): Middleware =>
      async (_context, next) => {
        order.push(`${name} in`)
        await next()
        order.push(`${name} out`)
      }
    await compose([layer('a'), layer('b')], () => order.push('handler'))(context)
    expect(order).toEqual(['a in', 'b in', 'handler', 'b out', 'a out'])
  })

  it('costs a synchronous handler without middleware no promise', () => {
    expect(compose([], () => 42)(context)).toBe(42)
  })

  it('skips the handler when a middleware does not go on', async () => {
    let ran = false
    await compose([async () => {}], () => {
      ran = true
    })(context)
    expect(ran).toBe(false)
  })

  it('turns a synchronous throw of the handler into a rejection that middlewares can catch', async () => {
    const caught: unknown[] = []
    const guard: Middleware = (_context, next) => next().catch((error: unknown) => void caught.push(error))
    await compose([guard], () => {
      throw new Error('boom')
    })(context)
    expect(caught).toEqual([new Error('boom')])
  })

  it('refuses a second call of next', async () => {
    const twice: Middleware = async (_context, next) => {
      await next()
      await next()
    }
    await expect(compose([twice], () => {})(context)).rejects.toMatchObject({ code: 'next-called-twice' })
  })

  it('lets the same middleware instance serve two deliveries at once', async () => {
    const run = compose([async (_context, next) => next()], () => {})
    await expect(Promise.all([run(context), run(context)])).resolves.toBeDefined()
  })
})
