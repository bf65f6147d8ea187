import { describe, expect, it } from 'vitest'
import type { Delivery } from '../transport/subscription.ts'
import { NonRetryableError } from './errors.ts'
import { failureOf } from './failure.ts'

const delivery: Delivery = {
  message: { topic: 'orders', id: '1', source: '/shop', headers: new Map(), body: null },
  attempt: 1,
  redelivered: 0,
  partition: '3',
  lease: new AbortController().signal,
}

describe('a failure', () => {
  it('says what failed, where it came from and how often it was tried', () => {
    const failure = failureOf(delivery, new NonRetryableError('no stock'), 2, 'billing', 1_000)
    expect(failure).toMatchObject({
      code: 'non-retryable',
      name: 'NonRetryableError',
      message: 'no stock',
      attempts: 2,
      group: 'billing',
      topic: 'orders',
      partition: '3',
      at: 1_000,
    })
    expect(failure.stack).toContain('failure.test.ts')
  })

  it('calls an error that is none of ours handler-failed', () => {
    expect(failureOf(delivery, new TypeError('x'), 1, 'billing', 0)).toMatchObject({
      code: 'handler-failed',
      name: 'TypeError',
    })
  })

  it('cuts long texts', () => {
    const error = new Error('m'.repeat(100_000))
    error.stack = 's'.repeat(100_000)
    const failure = failureOf(delivery, error, 1, 'billing', 0)
    expect([failure.message.length, failure.stack?.length]).toEqual([1_000, 4_000])
  })

  it('survives whatever is thrown', () => {
    const hostile = {
      toString() {
        throw new Error('gotcha')
      },
    }
    expect(failureOf(delivery, hostile, 1, 'billing', 0).message).toBe('an error that has no text')
    expect(failureOf(delivery, undefined, 1, 'billing', 0)).toMatchObject({ name: 'undefined', message: 'undefined' })
    expect(failureOf(delivery, 'text', 1, 'billing', 0)).toMatchObject({ name: 'string', message: 'text' })
    const noText = Object.assign(new Error('x'), { message: 7, stack: 8 })
    expect(() => failureOf(delivery, noText, 1, 'billing', 0)).not.toThrow()
  })
})
