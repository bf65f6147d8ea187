import { describe, expect, it } from 'vitest'
import { consumerStub, handlerContext, idle, type Run, run } from '../../test/handler-context.ts'
import type { Middleware } from '../consumer/middleware.ts'
import { ReleaseError } from '../consumer/release-error.ts'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { InvalidMiddlewareError } from './errors.ts'
import { throttle } from './throttle.ts'

const many = (count: number, middleware: Middleware, clock: ManualClock): Run[] =>
  Array.from({ length: count }, (_, n) => run(middleware, handlerContext({ clock, id: `e-${n}` })))
const started = (runs: readonly Run[]): string[] => runs.filter((r) => r.started).map((r) => r.context.event.id)

describe('throttle', () => {
  it('starts a burst at once and the rest at the rate, first come first served', async () => {
    const clock = createManualClock()
    const runs = many(6, throttle({ limit: 10, perMs: 1_000, burst: 2 }), clock)
    await idle()
    expect(started(runs)).toEqual(['e-0', 'e-1'])
    await clock.advance(99)
    expect(started(runs)).toHaveLength(2)
    await clock.advance(1)
    expect(started(runs)).toEqual(['e-0', 'e-1', 'e-2'])
    await clock.advance(300)
    expect(started(runs)).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'e-4', 'e-5'])
    expect(clock.pending).toBe(0)
  })

  it.each([
    [3, 100],
    [7, 1_000],
    [1_000, 1_000],
    [0.5, 1_000],
  ])('keeps to %s per %s ms for as long as more wait', async (limit, perMs) => {
    const clock = createManualClock()
    const runs = many(60, throttle({ limit, perMs, burst: 1 }), clock)
    const beganAt = clock.now()
    await clock.advance(10 * perMs)
    const elapsedMs = clock.now() - beganAt
    // The first starts at 0 without an interval before it; each timer may round up by a millisecond.
    const atMost = Math.min(60, 1 + Math.floor((limit * elapsedMs) / perMs))
    expect(started(runs).length).toBeLessThanOrEqual(atMost)
    expect(started(runs).length).toBeGreaterThanOrEqual(Math.min(60, Math.floor((9 * limit * elapsedMs) / perMs / 10)))
  })

  it('lets nobody pass those who wait, not even in the moment before their timer fires', async () => {
    const clock = createManualClock()
    const middleware = throttle({ limit: 2, perMs: 3, burst: 1 })
    const [first, second] = many(2, middleware, clock)
    await clock.advance(1.75)
    const third = run(middleware, handlerContext({ clock }))
    await idle()
    expect([first?.started, second?.started, third.started]).toEqual([true, false, false])
    await clock.advance(0.25)
    expect([second?.started, third.started]).toEqual([true, false])
  })

  it('gives the turn of an aborted attempt to the next one', async () => {
    const clock = createManualClock()
    const runs = many(3, throttle({ limit: 1, perMs: 100 }), clock)
    await idle()
    const reason = new Error('lease lost')
    runs[1]?.context.abort(reason)
    await clock.advance(100)
    expect(runs[1]?.ending).toBe(reason)
    expect(started(runs)).toEqual(['e-0', 'e-2'])
  })

  it('gives back what waits as soon as its consumer stops, and leaves no timer', async () => {
    const clock = createManualClock()
    const consumer = consumerStub()
    const middleware = throttle({ limit: 1, perMs: 100 })
    const contexts = ['a', 'b', 'c'].map((id) => handlerContext({ clock, consumer, id }))
    const [running, ...waiting] = contexts.map((context) => run(middleware, context))
    await idle()
    expect(clock.pending).toBe(1)
    consumer.stop()
    await idle()
    for (const waiter of waiting) expect(waiter.ending).toBeInstanceOf(ReleaseError)
    expect([running?.started, running?.ending, clock.pending]).toEqual([true, undefined, 0])
  })

  it('fills up to its burst and no further in a lull', async () => {
    const clock = createManualClock()
    const middleware = throttle({ limit: 2, perMs: 100 })
    many(2, middleware, clock)
    await clock.advance(60_000)
    const runs = many(5, middleware, clock)
    await idle()
    expect(started(runs)).toHaveLength(2)
  })

  it('makes nobody wait longer than for one turn when the clock is set back', async () => {
    const clock = createManualClock(3_600_000)
    const middleware = throttle({ limit: 1, perMs: 100 })
    many(1, middleware, clock)
    const early = createManualClock(0)
    const late = run(middleware, handlerContext({ clock: early }))
    await early.advance(100)
    expect(late.started).toBe(true)
  })

  it.each([
    { limit: 0, perMs: 1 },
    { limit: 1, perMs: 0 },
    { limit: Number.NaN, perMs: 1 },
    { limit: 1, perMs: 1, burst: 0 },
    { limit: 1, perMs: 1, burst: 1.5 },
  ])('refuses $limit per $perMs ms with a burst of $burst', (options) => {
    expect(() => throttle(options)).toThrow(InvalidMiddlewareError)
  })
})
