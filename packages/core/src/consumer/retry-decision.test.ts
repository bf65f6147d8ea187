import { describe, expect, it } from 'vitest'
import { NonRetryableError } from './errors.ts'
import { decideRetry, delayAfter, longestBackoffMs, planRetries } from './retry-decision.ts'

const backoff = { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0.2 }

describe('a retry decision', () => {
  it('doubles the delay up to its bound', () => {
    expect([1, 2, 3, 4, 5, 6].map((attempt) => delayAfter(backoff, attempt, 0))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ])
  })

  it('lets jitter lengthen a delay and never shorten it', () => {
    expect([0, 0.5, 0.999].map((random) => delayAfter(backoff, 1, random))).toEqual([100, 110, 120])
  })

  it('retries until the attempts are used up', () => {
    const plan = planRetries({ attempts: 3, backoff: { ...backoff, jitter: 0 } })
    expect([1, 2, 3].map((attempt) => decideRetry(plan, new Error('boom'), attempt))).toEqual([
      { retryInMs: 100 },
      { retryInMs: 200 },
      'dead-letter',
    ])
  })

  it('dead-letters at once what says that it is not retryable, whoever threw it', () => {
    const plan = planRetries()
    expect(decideRetry(plan, new NonRetryableError('no'), 1)).toBe('dead-letter')
    expect(decideRetry(plan, Object.assign(new Error('no'), { retryable: false }), 1)).toBe('dead-letter')
  })

  it('asks the policy by error class before its defaults', () => {
    const plan = planRetries({
      attempts: 3,
      decide: (error) => {
        if (error instanceof RangeError) return 'dead-letter'
        if (error instanceof NonRetryableError) return 'retry'
        return error instanceof TypeError ? { delayMs: 7 } : undefined
      },
    })
    expect(decideRetry(plan, new RangeError('x'), 1)).toBe('dead-letter')
    expect(decideRetry(plan, new TypeError('x'), 1)).toEqual({ retryInMs: 7 })
    expect(decideRetry(plan, new NonRetryableError('x'), 1)).not.toBe('dead-letter')
    expect(decideRetry(plan, new TypeError('x'), 3)).toBe('dead-letter')
  })

  it('knows the longest that all backoffs take together', () => {
    expect(longestBackoffMs(planRetries({ attempts: 4, backoff }))).toBe(120 + 240 + 480)
    expect(longestBackoffMs(planRetries({ attempts: 1 }))).toBe(0)
  })
})
