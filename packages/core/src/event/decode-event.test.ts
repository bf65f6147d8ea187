import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createDecoder, type IncomingMessage } from './decode-event.ts'
import { defineEvent } from './define-event.ts'
import type { AnyEventDefinition } from './definition.ts'
import type { Event } from './event.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { unfold } from './unfold.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const hop = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01'
const anything = defineEvent('t', { schema: z.any() })
const required = { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't' }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const withCode = (code: string): Error => expect.objectContaining({ code, retryable: false })

function message(
  headers: Record<string, string | undefined> = {},
  body: string | Uint8Array | null = null,
): IncomingMessage {
  const all = { ...required, ...(body === null ? {} : { 'content-type': 'application/json' }), ...headers }
  const present = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { topic: 'topic', headers: new Map(present), body: typeof body === 'string' ? bytes(body) : body }
}

function structured(members: Record<string, unknown>, headers: Record<string, string> = {}): IncomingMessage {
  const all = { 'content-type': 'application/cloudevents+json; charset=UTF-8', ...headers }
  const event = { specversion: '1.0', id: '1', source: '/s', type: 't', ...members }
  return { topic: 'topic', headers: new Map(Object.entries(all)), body: bytes(JSON.stringify(event)) }
}

function decode(one: IncomingMessage, definition: AnyEventDefinition = anything, limits: Partial<Limits> = {}): Event {
  const all = { ...defaultLimits, ...limits }
  return createDecoder([definition], all).decode({ ...one, ...unfold(one, all.depth) }) as Event
}

describe('the decoder', () => {
  it('gives attributes their fields and the rest by wire name', () => {
    const headers = {
      ce_time: '2026-01-02T03:04:05.678901+02:00',
      ce_subject: 'order/42',
      ce_correlationid: 'c',
      ce_causationid: 'b',
      ce_partitionkey: 'k',
      ce_dataschema: 'https://e.com/s',
      ce_tenant: 'acme',
      ce_datacontenttype: 'text/plain',
      'es-attempt': '3',
    }
    expect(decode(message(headers, '{"a":1}'))).toEqual({
      id: '1',
      source: '/s',
      type: 't',
      time: '2026-01-02T03:04:05.678901+02:00',
      subject: 'order/42',
      version: 1,
      topic: 'topic',
      key: 'k',
      data: { a: 1 },
      correlationId: 'c',
      causationId: 'b',
      traceparent: undefined,
      tracestate: undefined,
      extensions: { dataschema: 'https://e.com/s', tenant: 'acme' },
    })
  })

  it('is undefined for a readable event without a definition, whose body it does not look at', () => {
    expect(decode(message({ ce_type: 'other' }, 'not json'))).toBeUndefined()
    expect(decode(structured({ type: 'other' }))).toBeUndefined()
    expect(() => decode(message({ ce_type: 'other', ce_source: '' }))).toThrow(withCode('invalid-attribute'))
  })

  it('reads structured mode as it reads binary mode', () => {
    const inBinary = message(
      { ce_tenant: 'acme', ce_n: '5', ce_partitionkey: 'k', traceparent: hop, ce_traceparent: traceparent },
      '{"a":1}',
    )
    const members = { tenant: 'acme', n: 5, partitionkey: 'k', traceparent, data: { a: 1 } }
    expect(decode(structured(members, { traceparent: hop, ce_id: 'ignored' }))).toEqual(decode(inBinary))
    expect(decode(structured({ data_base64: 'eyJhIjoxfQ==', datacontenttype: 'application/json' })).data).toEqual({
      a: 1,
    })
    expect(decode(structured({ data_base64: 'AAE=' })).data).toEqual(new Uint8Array([0, 1]))
    expect(decode(structured({ data: '<x/>', datacontenttype: 'text/xml' }))).toMatchObject({
      data: '<x/>',
      extensions: { datacontenttype: 'text/xml' },
    })
  })

  it('gives bytes that may be written to: the message keeps its own', () => {
    const body = new Uint8Array([1, 2])
    const { data } = decode(message({ 'content-type': 'application/octet-stream' }, body))
    ;(data as Uint8Array).fill(0)
    expect(body).toEqual(new Uint8Array([1, 2]))
  })

  it('gives bytes and text by the content type', () => {
    const body = new Uint8Array([0xff, 0])
    expect(decode(message({ 'content-type': undefined }, body)).data).toEqual(body)
    expect(decode(message({ 'content-type': 'image/png' }, body)).data).toEqual(body)
    expect(decode(message({ 'content-type': 'text/plain; charset=latin1' }, body)).data).toEqual(body)
    expect(decode(message({ 'content-type': 'text/plain; charset="UTF-8"' }, 'é')).data).toBe('é')
    expect(decode(message({ 'content-type': 'Application/Problem+JSON; a=b' }, '{"a":1}')).data).toEqual({ a: 1 })
    expect(decode(message()).data).toBeUndefined()
    expect(decode(message({}, 'null')).data).toBeNull()
  })

  it('prefers the trace header of the hop, and keeps the first one where it differs', () => {
    const both = decode(
      message({ traceparent: hop, tracestate: 'a=1', ce_traceparent: traceparent, ce_tracestate: 'b=2' }),
    )
    expect(both).toMatchObject({ traceparent: hop, tracestate: 'a=1', extensions: { traceparent, tracestate: 'b=2' } })
    const first = decode(
      message({ traceparent: 'junk', tracestate: 'a=1', ce_traceparent: traceparent, ce_tracestate: 'b=2' }),
    )
    expect(first).toMatchObject({ traceparent, tracestate: 'b=2', extensions: {} })
    expect(decode(message({ traceparent: 'junk', tracestate: 'a=1' }))).toMatchObject({
      traceparent: undefined,
      tracestate: undefined,
    })
  })

  it('takes the key of the message before the attribute, and keeps the attribute where it differs', () => {
    expect(decode({ ...message({ ce_partitionkey: 'p' }), key: 'k' })).toMatchObject({
      key: 'k',
      extensions: { partitionkey: 'p' },
    })
    expect(decode({ ...message({ ce_partitionkey: 'k' }), key: 'k' })).toMatchObject({ key: 'k', extensions: {} })
    expect(decode(message({ ce_partitionkey: 'p' }))).toMatchObject({ key: 'p', extensions: {} })
  })

  it('leads older versions up, one step at a time, before the schema sees them', () => {
    const seen: unknown[] = []
    const definition = defineEvent('t', {
      schema: z.object({ name: z.string(), cents: z.number() }),
      version: 3,
      upcast: {
        1: (old) => {
          seen.push(old)
          return { name: old.title, total: old.total }
        },
        2: (old) => {
          seen.push(old)
          return { name: old.name, cents: old.total * 100 }
        },
      },
    })
    expect(decode(message({}, '{"title":"a","total":2}'), definition)).toMatchObject({
      version: 1,
      data: { name: 'a', cents: 200 },
    })
    expect(seen).toEqual([
      { title: 'a', total: 2 },
      { name: 'a', total: 2 },
    ])
    expect(decode(message({ ce_dataversion: '2' }, '{"name":"a","total":2}'), definition)).toMatchObject({ version: 2 })
    expect(decode(message({ ce_dataversion: '3' }, '{"name":"a","cents":2}'), definition)).toMatchObject({ version: 3 })
    expect(() => decode(message({ ce_dataversion: '4' }, '{}'), definition)).toThrow(withCode('unsupported-version'))
    for (const bad of ['0', '-1', '1.5', 'x', '', '01', '1e0']) {
      expect(() => decode(message({ ce_dataversion: bad }, '{}'), definition), bad).toThrow(
        withCode('invalid-attribute'),
      )
    }
  })

  it('refuses a version without upcaster, and says when an upcaster threw', () => {
    const boom = new Error('boom')
    const upcast = {
      2: () => {
        throw boom
      },
    }
    const definition = defineEvent('t', { schema: z.any(), version: 3, upcast })
    expect(() => decode(message({}, '{}'), definition)).toThrow(withCode('unsupported-version'))
    expect(() => decode(message({ ce_dataversion: '2' }, '{}'), definition)).toThrow(
      expect.objectContaining({ code: 'upcast-failed', retryable: false, cause: boom }),
    )
  })

  it('gives the output of the schema, at once or later', async () => {
    const schema = z.object({ at: z.string().transform((text) => new Date(text)), n: z.number().default(7) })
    const body = '{"at":"2026-01-02T00:00:00Z"}'
    const output = { at: new Date('2026-01-02T00:00:00Z'), n: 7 }
    expect(decode(message({}, body), defineEvent('t', { schema })).data).toEqual(output)
    const later = decode(message({}, body), defineEvent('t', { schema: schema.refine(async () => true) }))
    expect(later).toBeInstanceOf(Promise)
    expect((await later).data).toEqual(output)
    const never = defineEvent('t', { schema: schema.refine(async () => false) })
    await expect(decode(message({}, body), never)).rejects.toThrow(withCode('invalid-data'))
  })

  it('names the paths of invalid data and never a value', () => {
    const definition = defineEvent('t', { schema: z.object({ items: z.array(z.object({ sku: z.enum(['a']) })) }) })
    const error = thrown(() => decode(message({}, '{"items":[{"sku":"hunter2"}]}'), definition))
    expect(error).toMatchObject({ code: 'invalid-data', message: 'data of t is invalid: "items.0.sku"' })
    expect(inspect(error)).not.toContain('hunter2')
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  it('refuses what is no CloudEvent, or one that it can not read', () => {
    const cases: [IncomingMessage, string][] = [
      [{ topic: 'topic', headers: new Map(), body: bytes('{}') }, 'undecodable'],
      [message({ ce_id: undefined }), 'undecodable'],
      [message({ ce_specversion: undefined }), 'undecodable'],
      [message({ ce_specversion: '9.9' }), 'unsupported-specversion'],
      [message({ ce_id: '' }), 'invalid-attribute'],
      [message({ ce_id: 'a\u001b[31m' }), 'invalid-attribute'],
      [message({ ce_time: 'noon' }), 'invalid-attribute'],
      [message({ ce_partitionkey: '' }), 'invalid-attribute'],
      [message({ 'content-type': 'json' }, '{}'), 'invalid-attribute'],
      [message({ 'content-type': 'application/cloudevents-batch+json' }, '[]'), 'unsupported-format'],
      [message({ 'content-type': 'application/cloudevents+avro' }, ''), 'unsupported-format'],
      [message({}, '{"a":'), 'undecodable'],
      [message({}, ''), 'undecodable'],
      [message({}, new Uint8Array([0xff])), 'undecodable'],
      [message({ 'content-type': 'text/plain' }, new Uint8Array([0xff])), 'undecodable'],
      [structured({ specversion: '0.3' }), 'unsupported-specversion'],
      [structured({ id: null }), 'undecodable'],
      [structured({ id: 5 }), 'invalid-attribute'],
      [structured({ data: 1, data_base64: 'AA==' }), 'undecodable'],
      [structured({ data_base64: 'A' }), 'undecodable'],
      [structured({ data_base64: 5 }), 'undecodable'],
      [structured({ data: {}, datacontenttype: 'text/plain' }), 'undecodable'],
      [{ ...structured({}), body: null }, 'undecodable'],
      [{ ...structured({}), body: bytes('[1]') }, 'undecodable'],
    ]
    for (const [one, code] of cases) expect(() => decode(one), `${code} ${inspect(one)}`).toThrow(withCode(code))
  })

  it('refuses what breaks a limit before it parses anything', () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x${i}`, '']))
    expect(() => decode(message(many))).toThrow(withCode('limit-exceeded'))
    expect(() => decode(message({ x: 'y'.repeat(65_536) }))).toThrow(withCode('limit-exceeded'))
    expect(() => decode(message({}, new Uint8Array(1_048_577)))).toThrow(withCode('limit-exceeded'))
    expect(() => decode(message({}, '['.repeat(200_000)))).toThrow(withCode('limit-exceeded'))
    expect(() => decode(message({}, '[[[[[]]]]]'), anything, { depth: 4 })).toThrow(withCode('limit-exceeded'))
    const deep = JSON.parse('[[[[[]]]]]')
    expect(() => decode(structured({ data: deep }), anything, { depth: 4 })).toThrow(withCode('limit-exceeded'))
    expect(decode(structured({ data: deep }), anything, { depth: 5 }).data).toEqual(deep)
  })

  it('is not polluted by hostile names in headers and data', () => {
    const hostile =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"polluted":1}}}'
    const event = decode(message({ ce_constructor: 'x', ce_tostring: 'y' }, hostile))
    expect(Object.getPrototypeOf(event.extensions)).toBeNull()
    expect(event.extensions).toEqual(expect.objectContaining({ constructor: 'x', tostring: 'y' }))
    expect(event.data).toEqual({ a: {} })
    const inStructured = {
      ...structured({}),
      body: bytes(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${hostile}}`),
    }
    expect(decode(inStructured).data).toEqual({ a: {} })
    const headers = new Map([...message().headers, ['__proto__', 'x']])
    expect(Object.keys(decode({ topic: 'topic', headers, body: null }).extensions)).toEqual([])
    expect(() => decode(message({ ce___proto__: 'x' }))).toThrow(withCode('invalid-attribute'))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('refuses two definitions of one type, and takes one twice', () => {
    const again = defineEvent('t', { schema: z.string() })
    expect(() => createDecoder([anything, again], defaultLimits)).toThrow(withCode('invalid-definition'))
    expect(createDecoder([anything, anything], defaultLimits).decode(message())).toBeDefined()
  })
})

function thrown(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
