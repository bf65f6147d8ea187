import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handlerContext, idle, run } from '../../test/handler-context.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { HandlerTimeoutError, InvalidMiddlewareError } from './errors.ts'
import { timeout } from './timeout.ts'

describe('timeout', () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  beforeEach(() => void process.on('unhandledRejection', note))
  afterEach(() => {
    process.off('unhandledRejection', note)
    expect(unhandled.splice(0)).toEqual([])
  })

  it('lets a handler that is in time end as it likes, and leaves no timer', async () => {
    const clock = createManualClock()
    const good = run(timeout({ ms: 100 }), handlerContext({ clock }))
    const bad = run(timeout({ ms: 100 }), handlerContext({ clock }))
    await clock.advance(99)
    const refused = new Error('refused')
    await good.succeed()
    await bad.fail(refused)
    expect([good.ending, bad.ending, clock.pending]).toEqual(['done', refused, 0])
    expect(good.context.signal.aborted).toBe(false)
  })

  it('fails an attempt that takes longer and tells the handler by its signal', async () => {
    const clock = createManualClock()
    const slow = run(timeout({ ms: 100 }), handlerContext({ clock }))
    await clock.advance(99)
    expect(slow.ending).toBeUndefined()
    await clock.advance(1)
    expect(slow.ending).toBeInstanceOf(HandlerTimeoutError)
    expect(slow.ending).toMatchObject({ code: 'handler-timeout', retryable: true })
    expect(slow.context.signal.reason).toBe(slow.ending)
  })

  it('takes no harm from a handler that ignores the signal and ends later', async () => {
    const clock = createManualClock()
    const failing = run(timeout({ ms: 100 }), handlerContext({ clock }))
    const succeeding = run(timeout({ ms: 100 }), handlerContext({ clock }))
    await clock.advance(100)
    await failing.fail()
    await succeeding.succeed()
    await idle()
    expect(failing.ending).toBeInstanceOf(HandlerTimeoutError)
    expect(succeeding.ending).toBeInstanceOf(HandlerTimeoutError)
  })

  it('leaves the wait to the handler when the attempt is aborted by somebody else', async () => {
    const clock = createManualClock()
    const cleaning = run(timeout({ ms: 100 }), handlerContext({ clock }))
    cleaning.context.abort(new Error('lease lost'))
    await idle()
    expect(cleaning.ending).toBeUndefined()
    await cleaning.succeed()
    expect(cleaning.ending).toBe('done')
  })

  it('says how long it lets a handler run', () => {
    expect(timeout({ ms: 1_500 }).limitMs).toBe(1_500)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a limit of %s ms', (ms) => {
    expect(() => timeout({ ms })).toThrow(InvalidMiddlewareError)
  })
})
