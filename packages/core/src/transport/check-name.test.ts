import { describe, expect, it } from 'vitest'
import { checkName } from './check-name.ts'

describe('checkName', () => {
  it.each(['orders', 'order.created', 'es.tienda.pedidos', 'A-1_b', 'x'.repeat(200)])('takes %s', (name) => {
    expect(checkName('topic', name)).toBeUndefined()
  })

  it.each([
    '',
    'a b',
    'a/b',
    'größe',
    'a..b',
    '.',
    '.a',
    'a.',
    'x'.repeat(201),
    'amq.topic',
    'AMQ.topic',
    '__consumer_offsets',
    'eventspine.due',
    'a\n',
    5 as never,
    undefined as never,
    Symbol('topic') as never,
  ])('refuses %j', (name) => {
    expect(checkName('group', name)).toMatchObject({ code: 'invalid-name', retryable: false })
  })

  it('keeps the text of an error on one line, whatever the name holds', () => {
    expect(checkName('topic', 'a\u009b31m\u2028\n')?.message).toMatch(/^[\x20-\x7e]+$/)
  })
})
