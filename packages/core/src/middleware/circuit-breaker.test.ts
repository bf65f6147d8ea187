import { describe, expect, it } from 'vitest'
import { type ConsumerStub, consumerStub, handlerContext, idle, type Run, run } from '../../test/handler-context.ts'
import { ReleaseError } from '../consumer/release-error.ts'
import { EventspineError } from '../error.ts'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { type CircuitBreaker, type CircuitBreakerOptions, circuitBreaker } from './circuit-breaker.ts'
import { HandlerTimeoutError, InvalidMiddlewareError, SharedMiddlewareError } from './errors.ts'

class InvalidData extends EventspineError {
  readonly code = 'invalid-data'
  readonly retryable = false
}

interface Scene {
  readonly clock: ManualClock
  readonly consumer: ConsumerStub
  readonly breaker: CircuitBreaker
  start(): Run
  fail(count: number, error?: unknown): Promise<void>
  succeed(count: number): Promise<void>
}

function scene(options: CircuitBreakerOptions = {}): Scene {
  const clock = createManualClock()
  const consumer = consumerStub()
  const breaker = circuitBreaker({ minimum: 4, pauseMs: 1_000, ...options })
  const start = (): Run => run(breaker, handlerContext({ clock, consumer }))
  return {
    clock,
    consumer,
    breaker,
    start,
    async fail(count, error) {
      for (let n = 0; n < count; n++) {
        const attempt = start()
        await idle()
        await attempt.fail(error)
      }
    },
    async succeed(count) {
      for (let n = 0; n < count; n++) {
        const attempt = start()
        await idle()
        await attempt.succeed()
      }
    },
  }
}

describe('circuitBreaker while closed', () => {
  it('passes errors on and opens only when enough attempts have ended and most of them failed', async () => {
    const { breaker, consumer, succeed, fail } = scene()
    await succeed(2)
    await fail(1)
    expect(breaker.state).toBe('closed')
    await fail(1)
    expect([breaker.state, consumer.paused]).toEqual(['open', true])
  })

  it('stays closed below the ratio', async () => {
    const { breaker, succeed, fail } = scene({ failureRatio: 0.6 })
    await succeed(40)
    await fail(59)
    expect(breaker.state).toBe('closed')
    await fail(1)
    expect(breaker.state).toBe('open')
  })

  it('forgets what is older than its window', async () => {
    const { breaker, clock, fail } = scene({ windowMs: 1_000 })
    await fail(3)
    await clock.advance(1_100)
    await fail(1)
    expect(breaker.state).toBe('closed')
  })

  it('does not count what is no failure of handlers', async () => {
    const { breaker, fail, start } = scene()
    await fail(10, new InvalidData('bad'))
    await fail(10, new ReleaseError())
    for (let n = 0; n < 10; n++) {
      const lost = start()
      await idle()
      lost.context.abort(new Error('lease lost'))
      await lost.fail()
    }
    expect(breaker.state).toBe('closed')
  })

  it('counts timeouts, although their signal is aborted', async () => {
    const { breaker, start } = scene()
    for (let n = 0; n < 4; n++) {
      const slow = start()
      await idle()
      slow.context.abort(new HandlerTimeoutError('slow'))
      await slow.fail(slow.context.signal.reason)
    }
    expect(breaker.state).toBe('open')
  })

  it('lets the application say which errors count', async () => {
    const { breaker, fail } = scene({ counts: (error) => error instanceof InvalidData })
    await fail(10)
    expect(breaker.state).toBe('closed')
    await fail(4, new InvalidData('bad'))
    expect(breaker.state).toBe('open')
  })

  it('counts an error that the application has no answer to, and passes that error on', async () => {
    const { breaker, clock, start } = scene({ counts: (error) => (error as { code: string }).code === 'down' })
    for (let n = 0; n < 4; n++) {
      const attempt = start()
      await idle()
      await attempt.fail(null)
      expect(attempt.ending).toBe(null)
    }
    expect(breaker.state).toBe('open')
    await clock.advance(1_000)
    const probe = start()
    await idle()
    await probe.fail(null)
    expect([breaker.state, breaker.toJSON().openings]).toEqual(['open', 2])
  })

  it('changes state although its observer throws, in a timer too, and leaves handlers their success', async () => {
    let told = 0
    const { breaker, clock, fail, start } = scene({
      onChange: () => {
        told++
        throw new Error('not today')
      },
    })
    await fail(4)
    await clock.advance(1_000)
    const probe = start()
    await idle()
    await probe.succeed()
    expect(probe.ending).toBe('done')
    expect([breaker.state, told]).toEqual(['closed', 3])
  })
})

describe('circuitBreaker while open', () => {
  it('lets running attempts finish and keeps what comes in nevertheless waiting', async () => {
    const { breaker, start, fail } = scene()
    const running = start()
    await idle()
    await fail(4)
    const late = start()
    await idle()
    await running.succeed()
    expect([running.ending, late.started, breaker.state]).toEqual(['done', false, 'open'])
  })

  it('gives back what waits as soon as the consumer stops, leaves no timer and begins anew', async () => {
    const { breaker, clock, consumer, start, fail } = scene()
    await fail(4)
    const waiting = start()
    await idle()
    consumer.stop()
    await idle()
    expect(waiting.ending).toBeInstanceOf(ReleaseError)
    expect([breaker.state, clock.pending]).toEqual(['closed', 0])
  })

  it('does not open for what still fails while the consumer stops', async () => {
    const { breaker, clock, consumer, start } = scene()
    const running = [start(), start(), start(), start()]
    await idle()
    consumer.stop()
    for (const attempt of running) await attempt.fail()
    expect([breaker.state, clock.pending]).toEqual(['closed', 0])
  })

  it('lets a waiting delivery go whose attempt is over', async () => {
    const { breaker, start, fail } = scene()
    await fail(4)
    const waiting = start()
    await idle()
    const reason = new Error('lease lost')
    waiting.context.abort(reason)
    await idle()
    expect(waiting.ending).toBe(reason)
    expect(breaker.toJSON().waiting).toBe(0)
  })
})

describe('circuitBreaker while half-open', () => {
  it('resumes after the pause, lets one probe run and holds the others without an attempt', async () => {
    const { breaker, clock, consumer, start, fail } = scene()
    await fail(4)
    await clock.advance(999)
    expect([breaker.state, consumer.paused]).toEqual(['open', true])
    await clock.advance(1)
    expect([breaker.state, consumer.paused]).toEqual(['half-open', false])
    const [probe, second, third] = [start(), start(), start()]
    await idle()
    expect([probe.started, second.started, third.started]).toEqual([true, false, false])
    await probe.succeed()
    expect([breaker.state, second.started, third.started]).toEqual(['closed', true, true])
  })

  it('opens again for twice as long when a probe fails, up to the longest pause', async () => {
    const { breaker, clock, fail } = scene({ maxPauseMs: 3_000 })
    await fail(4)
    for (const pauseMs of [1_000, 2_000, 3_000, 3_000]) {
      expect(breaker.toJSON()).toMatchObject({ state: 'open', resumesAt: clock.now() + pauseMs })
      await clock.advance(pauseMs)
      await fail(1)
    }
  })

  it('probes with a delivery that waits already, and keeps the consumer paused meanwhile', async () => {
    const { breaker, clock, consumer, start, fail } = scene()
    await fail(4)
    const waiting = [start(), start()]
    await clock.advance(1_000)
    expect([breaker.state, consumer.paused]).toEqual(['half-open', true])
    expect(waiting.map((attempt) => attempt.started)).toEqual([true, false])
    await waiting[0]?.fail()
    expect(breaker.state).toBe('open')
    await clock.advance(2_000)
    expect(waiting.map((attempt) => attempt.started)).toEqual([true, true])
    await waiting[1]?.succeed()
    expect([breaker.state, consumer.paused]).toEqual(['closed', false])
  })

  it('takes another probe when one ends without a verdict', async () => {
    const { breaker, clock, consumer, start, fail } = scene()
    await fail(4)
    const [lost, next] = [start(), start()]
    await clock.advance(1_000)
    lost.context.abort(new Error('lease lost'))
    await lost.fail()
    expect([next.started, breaker.state]).toEqual([true, 'half-open'])
    next.context.abort(new Error('lease lost'))
    await next.fail()
    expect([consumer.paused, breaker.state]).toEqual([false, 'half-open'])
  })

  it('wants every probe to succeed', async () => {
    const { breaker, clock, succeed, fail } = scene({ probes: 3 })
    await fail(4)
    await clock.advance(1_000)
    await succeed(2)
    expect(breaker.state).toBe('half-open')
    await succeed(1)
    expect(breaker.state).toBe('closed')
  })

  it('closes as if new: with nothing counted, and the first pause short again', async () => {
    const { breaker, clock, fail, succeed } = scene()
    await fail(4)
    await clock.advance(1_000)
    await fail(1)
    await clock.advance(2_000)
    await succeed(1)
    await fail(3)
    expect(breaker.state).toBe('closed')
    await fail(1)
    expect(breaker.toJSON()).toMatchObject({ state: 'open', resumesAt: clock.now() + 1_000 })
  })

  it('does not listen to attempts that began before the pause', async () => {
    const { breaker, clock, start, fail } = scene()
    const [failing, succeeding] = [start(), start()]
    await idle()
    await fail(4)
    await clock.advance(1_000)
    await failing.fail()
    await succeeding.succeed()
    expect(breaker.state).toBe('half-open')
  })
})

describe('circuitBreaker', () => {
  it('tells each change and serialises its state', async () => {
    const changes: string[] = []
    const { breaker, clock, fail, succeed } = scene({ onChange: ({ from, to }) => changes.push(`${from} > ${to}`) })
    await fail(4)
    expect(JSON.parse(JSON.stringify(breaker))).toEqual({
      group: 'billing',
      state: 'open',
      openings: 1,
      resumesAt: clock.now() + 1_000,
      waiting: 0,
    })
    await clock.advance(1_000)
    await succeed(1)
    expect(changes).toEqual(['closed > open', 'open > half-open', 'half-open > closed'])
  })

  it('belongs to one group', async () => {
    const breaker = circuitBreaker()
    breaker.attach?.('billing')
    breaker.attach?.('billing')
    expect(() => breaker.attach?.('shipping')).toThrow(SharedMiddlewareError)
    const stranger = run(breaker, handlerContext({ group: 'shipping' }))
    await idle()
    expect(stranger.ending).toBeInstanceOf(SharedMiddlewareError)
    expect(stranger.started).toBe(false)
  })

  it('pauses every member of its group', async () => {
    const { breaker, clock, consumer, fail } = scene()
    const other = consumerStub()
    const attempt = run(breaker, handlerContext({ clock, consumer: other }))
    await idle()
    await attempt.succeed()
    await fail(3)
    expect([consumer.paused, other.paused]).toEqual([true, true])
    consumer.stop()
    expect(breaker.state).toBe('open')
    const joining = consumerStub()
    const waiting = run(breaker, handlerContext({ clock, consumer: joining }))
    await idle()
    expect([joining.paused, waiting.started]).toEqual([true, false])
    await clock.advance(1_000)
    await waiting.succeed()
    expect([breaker.state, other.paused, joining.paused]).toEqual(['closed', false, false])
  })

  it.each<CircuitBreakerOptions>([
    { failureRatio: 0 },
    { failureRatio: 1.1 },
    { minimum: 0 },
    { minimum: 1.5 },
    { windowMs: 0 },
    { pauseMs: Number.NaN },
    { pauseMs: 1_000, maxPauseMs: 999 },
    { probes: 0 },
  ])('refuses %o', (options) => {
    expect(() => circuitBreaker(options)).toThrow(InvalidMiddlewareError)
  })
})
