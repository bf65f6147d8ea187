import { describe, expect, it } from 'vitest'
import { messageBytes } from './check-message.ts'
import type { Failure } from './dead-letters.ts'
import {
  attemptHeader,
  failureHeaderBytes,
  hopHeader,
  readAttempt,
  readFailure,
  readHop,
  toFailureHeaders,
  withoutBookkeeping,
} from './failure-headers.ts'

const failure: Failure = {
  code: 'handler-failed',
  name: 'TypeError',
  message: 'no such card',
  stack: 'TypeError: no such card\n    at pay (pay.ts:1:1)',
  attempts: 3,
  group: 'billing',
  topic: 'orders',
  partition: 'orders/3',
  at: 1_790_000_000_000,
}

describe('failure headers', () => {
  it('carry a failure there and back', () => {
    const headers = toFailureHeaders(failure, 2)
    expect(readFailure(headers)).toEqual(failure)
    expect(readHop(headers)).toBe(2)
  })

  it('carry a failure without stack and partition', () => {
    const { stack: _stack, partition: _partition, ...bare } = failure
    expect(readFailure(toFailureHeaders(bare, 0))).toEqual(bare)
  })

  it('come off again and leave the published headers', () => {
    const published = new Map([['ce_type', 'order.created']])
    const dead = new Map([...published, ...toFailureHeaders(failure, 1), [attemptHeader, '2']])
    expect(withoutBookkeeping(dead)).toEqual(published)
  })

  it('replace what not every broker carries and cut between characters', () => {
    const read = readFailure(toFailureHeaders({ ...failure, message: `\0${'😀'.repeat(2_000)}`, name: '\ud800' }, 0))
    expect(read.message.startsWith('\ufffd😀')).toBe(true)
    expect(read.message.isWellFormed()).toBe(true)
    expect(read.message.length).toBe(1_024)
    expect(read.name).toBe('\ufffd')
  })

  it('never exceed their bound', () => {
    const long = '€'.repeat(10_000)
    const worst = { code: long, name: long, message: long, stack: long, group: long, topic: long, partition: long }
    const headers = toFailureHeaders({ ...failure, ...worst }, Number.MAX_SAFE_INTEGER)
    const bytes = messageBytes({ topic: 't', id: '1', source: 's', headers, body: null })
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThanOrEqual(failureHeaderBytes)
  })

  it('read garbled headers as neutral values', () => {
    const garbled = new Map([
      [attemptHeader, '1e9'],
      [hopHeader, '-1'],
      ['es-failure-attempts', '99999999999999999999'],
    ])
    expect(readAttempt(garbled)).toBe(1)
    expect(readAttempt(new Map([[attemptHeader, '0']]))).toBe(1)
    expect(readHop(garbled)).toBe(0)
    expect(readFailure(garbled)).toMatchObject({ code: 'unknown', attempts: 0, at: 0 })
  })
})
