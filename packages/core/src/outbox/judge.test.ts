import { describe, expect, it } from 'vitest'
import { planRetries } from '../consumer/retry-decision.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { MessageTooLargeError, PublishFailedError } from '../transport/errors.ts'
import { Acceptance } from './acceptance.ts'
import { Judge } from './judge.ts'
import type { OutboxEvent } from './store.ts'

const eventOf = (attempt: number): OutboxEvent => ({
  ref: '1',
  attempt,
  message: { topic: 'orders', id: 'e-1', source: 's', key: 'a', headers: new Map(), body: null },
})
const passing = { error: new PublishFailedError('the answer never came') }

function setUp() {
  const clock = createManualClock(1_000_000)
  const acceptance = new Acceptance(clock)
  const plan = planRetries({ attempts: 3, backoff: { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0 } })
  return { clock, acceptance, judge: new Judge(plan, acceptance) }
}

describe('a failed event', () => {
  it('is parked at once when it can never be accepted', () => {
    const { judge, clock } = setUp()
    const { result, signal } = judge.decide(eventOf(1), { error: new MessageTooLargeError('big') }, clock.now())
    expect(result).toMatchObject({ as: 'park', failure: { code: 'message-too-large', attempts: 1 } })
    expect(signal).toMatchObject({ kind: 'parked' })
  })

  it('has an attempt counted, with a growing delay, while the broker takes others of its topic', () => {
    const { judge, clock, acceptance } = setUp()
    acceptance.note('orders')
    const first = judge.decide(eventOf(1), passing, clock.now())
    expect(first.result).toMatchObject({ as: 'retry', delayMs: 100, attempt: 2 })
    expect(first.signal).toMatchObject({ counted: true })
    expect(judge.decide(eventOf(2), passing, clock.now()).result).toMatchObject({ delayMs: 200, attempt: 3 })
  })

  it('is parked after its last attempt', () => {
    const { judge, clock, acceptance } = setUp()
    acceptance.note('orders')
    const { result } = judge.decide(eventOf(3), passing, clock.now())
    expect(result).toMatchObject({ as: 'park', failure: { code: 'publish-failed', attempts: 3 } })
  })

  it('is never blamed while the broker takes nothing of its topic', async () => {
    const { judge, clock, acceptance } = setUp()
    acceptance.note('orders')
    await clock.advance(500)
    acceptance.note('payments')
    const { result, signal } = judge.decide(eventOf(3), passing, clock.now())
    expect(result).toMatchObject({ as: 'retry', attempt: 3 })
    expect(signal).toMatchObject({ counted: false })
  })

  it('takes what the broker took since its last failure for the broker being well', async () => {
    const { judge, clock, acceptance } = setUp()
    acceptance.note('orders')
    await clock.advance(150)
    // The second attempt comes at least 100 ms after the first, the third at least 200 ms after the second.
    expect(judge.decide(eventOf(2), passing, clock.now()).signal).toMatchObject({ counted: false })
    expect(judge.decide(eventOf(3), passing, clock.now()).result).toMatchObject({ as: 'park' })
  })

  it('keeps a bounded text of whatever was thrown', () => {
    const { judge, clock } = setUp()
    const { result } = judge.decide(eventOf(1), { error: new Error(`${'x'.repeat(999)}\u{1f600}`) }, clock.now())
    expect(result.as === 'retry' && result.failure.message.length).toBe(1_000)
    expect(result.as === 'retry' && result.failure.message.isWellFormed()).toBe(true)
    expect(judge.decide(eventOf(1), { error: 'text' }, clock.now()).result).toMatchObject({
      failure: { name: 'string' },
    })
  })
})

it('what was accepted is relayed, what was not sent keeps its place', () => {
  const { judge, clock } = setUp()
  expect(judge.decide(eventOf(1), 'accepted', clock.now())).toEqual({ result: { as: 'relayed' } })
  expect(judge.decide(eventOf(1), 'unsent', clock.now())).toEqual({ result: { as: 'hold' } })
})
