import type { Event, Signal } from '@eventspine/core'
import { expect, test } from 'vitest'
import { Meter } from './meter.ts'

function handled(id: string, ageMs = 0): Signal {
  const event = { source: 'test', id, time: new Date(Date.now() - ageMs).toISOString() } as Event
  return { kind: 'handled', group: 'test', event, attempt: 1, durationMs: 1 }
}

test('an event that is handled again counts as repeated, not as consumed', () => {
  const meter = new Meter()
  for (const id of ['a', 'b', 'a']) meter.observe(handled(id))

  expect(meter.read()).toMatchObject({ consumed: 2, repeated: 1 })
})

test('percentiles are those of the events that were handled', () => {
  const meter = new Meter()
  for (let age = 1; age <= 100; age++) meter.observe(handled(String(age), age * 1_000))

  const { p50, p99 } = meter.read()
  expect(Math.round(p50 / 1_000)).toBe(50)
  expect(Math.round(p99 / 1_000)).toBe(99)
})

test('nothing handled has no latency', () => {
  expect(new Meter().read().p50).toBeNaN()
})

test('a last attempt is no retry', () => {
  const meter = new Meter()
  const event = { source: 'test', id: 'a' } as Event
  const failed = { kind: 'attempt-failed', group: 'test', event, attempt: 1, error: new Error('no') } as const
  meter.observe({ ...failed, retryInMs: 10 })
  meter.observe({ ...failed, retryInMs: undefined })

  expect(meter.read().retried).toBe(1)
})
