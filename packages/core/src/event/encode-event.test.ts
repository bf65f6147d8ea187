import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createDecoder } from './decode-event.ts'
import { defineEvent } from './define-event.ts'
import { type AnyDraft, draft, type PublishOptions } from './draft.ts'
import { type EncodedEvent, encodeEvent } from './encode-event.ts'
import type { Event } from './event.ts'
import { defaultLimits } from './limits.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const origin = { source: '/shop', now: 1_767_323_045_678 }
const anything = defineEvent('anything', { schema: z.any() })
const order = defineEvent('order', {
  schema: z.object({ id: z.string(), total: z.number() }),
  key: (data) => data.id,
  version: 2,
})

const encode = (one: AnyDraft, cause?: Event): EncodedEvent => encodeEvent(one, { ...origin, cause }) as EncodedEvent
const encodeData = (data: unknown, options?: PublishOptions): EncodedEvent => encode(draft(anything, data, options))
const encodeWith = (options: PublishOptions): EncodedEvent => encode(draft(order, { id: 'o-1', total: 1 }, options))
const withCode = (code: string): unknown => expect.objectContaining({ code, retryable: false })

describe('encodeEvent', () => {
  it('mints id and time, and writes key and version as attributes', () => {
    const encoded = encodeWith({})
    expect(encoded).toMatchObject({ topic: 'order', source: '/shop', key: 'o-1' })
    expect(encoded.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect([...encoded.headers]).toEqual([
      ['ce_specversion', '1.0'],
      ['ce_id', encoded.id],
      ['ce_source', '/shop'],
      ['ce_type', 'order'],
      ['content-type', 'application/json'],
      ['ce_time', '2026-01-02T03:04:05.678Z'],
      ['ce_partitionkey', 'o-1'],
      ['ce_dataversion', '2'],
    ])
    expect(new TextDecoder().decode(encoded.body as Uint8Array)).toBe('{"id":"o-1","total":1}')
  })

  it('has no key and no notBefore where there is none', () => {
    expect(Object.keys(encodeData(1))).toEqual(['topic', 'id', 'source', 'headers', 'body'])
    expect(encodeData(1, { notBefore: new Date(5) }).notBefore).toBe(5)
    expect(encodeData(1, { notBefore: 6 }).notBefore).toBe(6)
  })

  it('sends the input, not what the schema makes of it', () => {
    const definition = defineEvent('t', { schema: z.object({ at: z.string().transform((text) => new Date(text)) }) })
    const { body } = encode(draft(definition, { at: '2026-01-02' }))
    expect(new TextDecoder().decode(body as Uint8Array)).toBe('{"at":"2026-01-02"}')
  })

  it('refuses invalid data with the paths and without the values', () => {
    const error = thrown(() => encode(draft(order, { id: 'top secret', total: 'hunter2' } as never)))
    expect(error).toMatchObject({
      code: 'invalid-data',
      retryable: false,
      message: 'data of order is invalid: "total"',
    })
    expect(inspect(error)).not.toContain('hunter2')
    expect((error as { issues?: unknown[] }).issues).toHaveLength(1)
  })

  it('names at most five paths, on one line', () => {
    const definition = defineEvent('t', { schema: z.record(z.string(), z.number()) })
    const data = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}\n\u001b[31m${'x'.repeat(200)}`, 'no']))
    const { message } = thrown(() => encode(draft(definition, data as never)))
    expect(message).toContain('and 4 more')
    for (const control of ['\n', '\u001b']) expect(message).not.toContain(control)
    expect(message.length).toBeLessThan(600)
  })

  it('stays synchronous with a synchronous schema and answers a promise with an asynchronous one', async () => {
    const later = defineEvent('t', { schema: z.string().refine(async (text) => text !== 'no') })
    expect(encodeData(1)).not.toBeInstanceOf(Promise)
    const encoded = encodeEvent(draft(later, 'yes'), origin)
    expect(encoded).toBeInstanceOf(Promise)
    expect((await encoded).body).toEqual(new TextEncoder().encode('"yes"'))
    await expect(encodeEvent(draft(later, 'no'), origin)).rejects.toThrow(withCode('invalid-data') as Error)
  })

  it('takes a schema that throws or rejects for invalid data', async () => {
    const boom = new Error('boom')
    const schema = (validate: () => never | Promise<never>) =>
      ({ '~standard': { version: 1, vendor: 'test', validate } }) as const
    const throwing = defineEvent('t', {
      schema: schema(() => {
        throw boom
      }),
    })
    const rejecting = defineEvent('t', { schema: schema(() => Promise.reject(boom)) })
    expect(thrown(() => encode(draft(throwing, 1)))).toMatchObject({ code: 'invalid-data', cause: boom })
    await expect(encodeEvent(draft(rejecting, 1), origin)).rejects.toMatchObject({ code: 'invalid-data', cause: boom })
  })

  it('refuses what JSON can not carry or a reader would not take', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    for (const data of [1n, { n: 1n }, cyclic, () => 1, Symbol('s'), new Uint8Array()]) {
      expect(() => encodeData(data)).toThrow(withCode('invalid-data') as Error)
    }
    const deep = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`)
    expect(() => encodeData(deep)).toThrow(withCode('limit-exceeded') as Error)
    expect(encodeData(deep[0]).body).toHaveLength(128)
  })

  it('tells no data from null, and bytes and declared text from JSON', () => {
    expect(encodeData(undefined).body).toBeNull()
    expect(encodeData(undefined).headers.has('content-type')).toBe(false)
    expect(new TextDecoder().decode(encodeData(null).body as Uint8Array)).toBe('null')
    const bytes = new Uint8Array([0, 255])
    const encoded = encodeData(bytes)
    expect(encoded.headers.get('content-type')).toBe('application/octet-stream')
    bytes[0] = 9
    expect(encoded.body).toEqual(new Uint8Array([0, 255]))
    const xml = encodeData('<x>é</x>', { extensions: { datacontenttype: 'text/xml' } })
    expect(xml.headers.get('content-type')).toBe('text/xml')
    expect(xml.body).toEqual(new TextEncoder().encode('<x>é</x>'))
  })

  it('refuses data that its declared content type would change', () => {
    const cases: [unknown, string][] = [
      [new Uint8Array([1]), 'application/json'],
      [new Uint8Array([1]), 'text/plain'],
      ['text', 'image/png'],
      [{ a: 1 }, 'text/plain'],
      ['', 'text/plain'],
      ['\ud800', 'text/plain'],
    ]
    for (const [data, datacontenttype] of cases) {
      expect(() => encodeData(data, { extensions: { datacontenttype } })).toThrow(withCode('invalid-data') as Error)
    }
  })

  it('refuses attributes that can not travel', () => {
    const bad: Record<string, unknown>[] = [
      { id: '' },
      { id: 5 },
      { subject: 'a\u0000b' },
      { subject: 'a\ud800' },
      { time: 'yesterday' },
      { time: new Date(Number.NaN) },
      { time: 5 },
      { correlationId: '' },
      { causationId: 'a\nb' },
      { notBefore: Number.NaN },
      { key: '' },
      { key: 5 },
      { key: 'x'.repeat(256) },
      { key: 'a\u0007' },
      { extensions: { partitionkey: '' } },
      { extensions: { Bad: 'x' } },
      { extensions: { data: 'x' } },
      { extensions: { id: 'x' } },
      { extensions: { traceparent } },
      { extensions: { dataversion: 3 } },
      { extensions: { x: null } },
      { extensions: { x: 1.5 } },
      { extensions: { datacontenttype: 'json' } },
      { extensions: JSON.parse('{"__proto__":"x"}') },
    ]
    for (const options of bad) {
      expect(() => encodeWith(options), JSON.stringify(options)).toThrow(withCode('invalid-attribute') as Error)
    }
    expect(() => encodeEvent(draft(anything, 1), { ...origin, source: '' })).toThrow(
      withCode('invalid-attribute') as Error,
    )
    expect(encodeWith({ key: 'é'.repeat(255) }).key).toHaveLength(255)
  })

  it('refuses more attributes than a reader takes', () => {
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`x${i}`, 'v']))
    expect(() => encodeWith({ extensions: many })).toThrow(withCode('limit-exceeded') as Error)
    expect(() => encodeWith({ subject: 'x'.repeat(40_000) })).toThrow(withCode('limit-exceeded') as Error)
  })

  it('names the definition whose key function throws or gives no string', () => {
    const broken = defineEvent('broken', { schema: z.any(), key: (data) => data.deep.id })
    expect(thrown(() => encode(draft(broken, {})))).toMatchObject({
      code: 'invalid-data',
      cause: expect.any(TypeError),
    })
    expect(() => encode(draft(broken, { deep: { id: 5 } }))).toThrow(withCode('invalid-attribute') as Error)
    expect(encode(draft(broken, { deep: {} })).key).toBeUndefined()
  })

  it('carries on what the cause says, unless it is said anew', () => {
    const first = decode(encodeWith({ traceparent, tracestate: 'a=1' }))
    const second = decode(encode(draft(order, { id: 'o-1', total: 2 }), first))
    expect(second).toMatchObject({ correlationId: first.id, causationId: first.id, traceparent, tracestate: 'a=1' })
    const third = decode(encode(draft(order, { id: 'o-1', total: 3 }), second))
    expect(third).toMatchObject({ correlationId: first.id, causationId: second.id })

    const other = '00-11111111111111111111111111111111-2222222222222222-00'
    const own = { correlationId: 'c', causationId: 'x', traceparent: other }
    const fourth = decode(encode(draft(order, { id: 'o-1', total: 4 }, own), second))
    expect(fourth).toMatchObject({ ...own, tracestate: undefined })
  })

  it('ignores a traceparent that is none, and its tracestate with it', () => {
    const { headers } = encodeWith({ traceparent: 'junk', tracestate: 'a=1' })
    for (const name of ['traceparent', 'tracestate', 'ce_traceparent', 'ce_tracestate'])
      expect(headers.has(name)).toBe(false)
  })
})

function decode(encoded: EncodedEvent): Event {
  return createDecoder([order], defaultLimits).decode(encoded) as Event
}

function thrown(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
