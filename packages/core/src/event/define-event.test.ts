import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineEvent } from './define-event.ts'
import type { EventOptions } from './definition.ts'

const schema = z.object({ orderId: z.string() })

describe('defineEvent', () => {
  it('fills in what is not said', () => {
    const definition = defineEvent('order.created', { schema })
    expect(definition).toMatchObject({
      type: 'order.created',
      topic: 'order.created',
      version: 1,
      upcast: undefined,
      keyed: false,
    })
    expect(definition.keyOf({ orderId: 'o-1' })).toBeUndefined()
    expect(Object.isFrozen(definition)).toBe(true)
  })

  it('keeps what is said', () => {
    const upcast = { 2: (old: object) => old, 3: (old: object) => old }
    const definition = defineEvent('com.example/order', {
      schema,
      topic: 'orders',
      version: 4,
      upcast,
      key: (order) => order.orderId,
    })
    expect(definition).toMatchObject({ topic: 'orders', version: 4, upcast, keyed: true })
    expect(definition.keyOf({ orderId: 'o-1' })).toBe('o-1')
  })

  it('refuses what can not be an event', () => {
    const id = (old: unknown): unknown => old
    const bad: [type: unknown, options: Record<string, unknown>][] = [
      ['', {}],
      [5, {}],
      ['line\nbreak', {}],
      ['x'.repeat(256), { topic: 't' }],
      ['order created', {}],
      ['order', { schema: undefined }],
      ['order', { schema: { parse: id } }],
      ['order', { schema: null }],
      ['order', { key: 'orderId' }],
      ['order', { topic: '' }],
      ['order', { topic: 'a..b' }],
      ['order', { topic: '.a' }],
      ['order', { topic: 'a.' }],
      ['order', { topic: 'a*' }],
      ['order', { topic: 'a/b' }],
      ['order', { topic: '__internal' }],
      ['order', { topic: 'x'.repeat(201) }],
      ['order', { version: 0 }],
      ['order', { version: 1.5 }],
      ['order', { version: '2' }],
      ['order', { version: 2, upcast: {} }],
      ['order', { version: 1, upcast: { 1: id } }],
      ['order', { version: 3, upcast: { 1: id } }],
      ['order', { version: 3, upcast: { 2: id, 3: id } }],
      ['order', { version: 4, upcast: { 1: id, 3: id } }],
      ['order', { version: 2, upcast: { 0: id, 1: id } }],
      ['order', { version: 2, upcast: { 1: 'id' } }],
    ]
    for (const [type, options] of bad) {
      const define = (): unknown => defineEvent(type as string, { schema, ...options } as EventOptions<typeof schema>)
      expect(define, JSON.stringify([type, options])).toThrow(
        expect.objectContaining({ code: 'invalid-definition', retryable: false }),
      )
    }
  })
})
