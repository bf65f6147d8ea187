import { createHash } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import { partitionOf } from '../transport/murmur2.ts'
import type { AttributeValue } from './attributes.ts'
import { decodeBinary, encodeBinary } from './binary-codec.ts'
import type { CloudEvent, CloudEventData } from './cloud-event.ts'
import { contentMode, structuredType } from './content-type.ts'
import { createDecoder } from './decode-event.ts'
import { defineEvent } from './define-event.ts'
import { draft } from './draft.ts'
import { type EncodedEvent, encodeEvent } from './encode-event.ts'
import type { Event } from './event.ts'
import { canonicalHeaders, prefixedName } from './header-names.ts'
import { defaultLimits } from './limits.ts'
import { decodeStructured, encodeStructured, fromStructured, toStructured } from './structured-codec.ts'
import { readTraceparent } from './traceparent.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const d1 = { orderId: '42', total: 1999, note: 'Zoë 😀' }
const d1Hex = '7b226f726465724964223a223432222c22746f74616c223a313939392c226e6f7465223a225a6fc3ab20f09f9880227d'

const e1: CloudEvent = {
  attributes: {
    specversion: '1.0',
    id: '01JGJ0000000000000000000A1',
    source: 'https://shop.example.com/orders',
    type: 'com.example.shop.order.placed.v1',
    datacontenttype: 'application/json',
    dataschema: 'https://shop.example.com/schemas/order.placed/1.json',
    subject: 'order/42',
    time: '2026-01-02T03:04:05.678Z',
    correlationid: 'c-7f3a',
    causationid: '01JGJ0000000000000000000A0',
    partitionkey: 'order-42',
    traceparent,
  },
  data: { kind: 'json', value: d1 },
}

const depth = { maxDepth: 64 }
const json = (value: unknown): CloudEventData => ({ kind: 'json', value })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array | null): string => new TextDecoder().decode(body ?? undefined)
const hex = (body: Uint8Array | null): string | undefined =>
  body?.reduce((all, byte) => all + byte.toString(16).padStart(2, '0'), '')
const digest = (algorithm: string, content: string): string => createHash(algorithm).update(content).digest('hex')

/** A small event with these attributes more and this data. */
function event(more: Record<string, unknown> = {}, data: CloudEventData = { kind: 'absent' }): CloudEvent {
  const attributes = { specversion: '1.0', id: '1', source: '/s', type: 't', ...more } as Record<string, AttributeValue>
  return { attributes, data }
}

/** The definition and draft that publish E1. */
const orderPlaced = defineEvent('com.example.shop.order.placed.v1', {
  schema: passing<typeof d1>(),
  key: (order) => `order-${order.orderId}`,
})
const e1Draft = draft(orderPlaced, d1, {
  id: '01JGJ0000000000000000000A1',
  subject: 'order/42',
  time: '2026-01-02T03:04:05.678Z',
  correlationId: 'c-7f3a',
  causationId: '01JGJ0000000000000000000A0',
  traceparent,
  extensions: { dataschema: 'https://shop.example.com/schemas/order.placed/1.json' },
})
const origin = { source: 'https://shop.example.com/orders', now: 1_767_323_045_678 }

/** A schema that takes everything, so that the vectors test the wire alone. */
function passing<T>(): StandardSchemaV1<T> {
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }) } }
}

describe('the test vectors', () => {
  it('1, 6: E1 is published as content-type, eleven attributes, the trace header and D1', () => {
    const encoded = encodeEvent(e1Draft, origin) as EncodedEvent
    const { specversion, datacontenttype, ...others } = e1.attributes
    const attributes = Object.entries({ specversion, ...others }).map(([name, value]) => [`ce_${name}`, value])
    expect(attributes).toHaveLength(11)
    expect(Object.fromEntries(encoded.headers)).toEqual({
      'content-type': datacontenttype,
      ...Object.fromEntries(attributes),
      traceparent,
    })
    expect(encoded).toMatchObject({
      key: 'order-42',
      topic: e1.attributes.type,
      id: e1.attributes.id,
      source: e1.attributes.source,
    })
    expect(hex(encoded.body)).toBe(d1Hex)
    expect(encoded.body).toHaveLength(48)
    expect(partitionOf('order-42', 12)).toBe(0)
  })

  it('1: the binary codec agrees, and reads its own output back', () => {
    const { headers, body } = encodeBinary(e1)
    const { traceparent: _, ...sent } = Object.fromEntries((encodeEvent(e1Draft, origin) as EncodedEvent).headers)
    expect(Object.fromEntries(headers)).toEqual(sent)
    expect(hex(body)).toBe(d1Hex)
    expect(decodeBinary({ headers, body }, depth)).toEqual({
      ...e1,
      attributes: expect.objectContaining(e1.attributes),
    })
  })

  it('2, 4: the structured form of E1 is S1, to the byte', () => {
    const s1 = encodeStructured(e1)
    expect(bytes(s1)).toHaveLength(522)
    expect(digest('sha256', s1)).toBe('5dc84fb39e9bf2223a09da391ba3db3661786dea497634e8fb21f433f39017b9')
    expect(digest('md5', s1)).toBe('cbfff070eb439c9a12c0b1a10f608dda')
    expect(decodeStructured(bytes(s1), depth).attributes).toEqual(expect.objectContaining(e1.attributes))
    expect(JSON.parse(toStructured(encodeEvent(e1Draft, origin) as EncodedEvent))).toEqual(JSON.parse(s1))
  })

  it('3: every known prefix is read in any case, and another one can be written', () => {
    const { headers, body } = encodeBinary(e1)
    for (const prefix of ['cloudEvents_', 'cloudEvents:', 'cloudevents:', 'ce-', 'ce_', 'CE_']) {
      const foreign = [...headers].map(([name, value]) => [prefixedName(name, prefix), value] as const)
      expect(foreign.filter(([name]) => name.startsWith(prefix))).toHaveLength(11)
      expect(decodeBinary({ headers: canonicalHeaders(foreign), body }, depth)).toEqual(
        decodeBinary({ headers, body }, depth),
      )
    }
  })

  it('8: a subject beyond ASCII is not escaped on a header', () => {
    const { headers, body } = encodeBinary(event({ subject: 'Euro € 😀' }))
    expect(hex(bytes(headers.get('ce_subject') as string))).toBe('4575726f20e282ac20f09f9880')
    expect(decodeBinary({ headers, body }, depth).attributes.subject).toBe('Euro € 😀')
  })

  it('9: bytes are base64 in JSON and themselves in binary mode', () => {
    const data = new Uint8Array([0x00, 0x01, 0x02, 0xfd, 0xfe, 0xff])
    const binary = event({ datacontenttype: 'application/octet-stream' }, { kind: 'bytes', bytes: data })
    expect(JSON.parse(encodeStructured(binary))).toMatchObject({ data_base64: 'AAEC/f7/' })
    expect(encodeStructured(binary)).not.toContain('"data"')
    expect(encodeBinary(binary).body).toEqual(data)
    expect(decodeStructured(bytes(encodeStructured(binary)), depth).data).toEqual({ kind: 'bytes', bytes: data })
  })

  it('10: no data, null and an empty string stay three things in both modes', () => {
    const cases: [CloudEventData, string | undefined, string | undefined][] = [
      [{ kind: 'absent' }, undefined, undefined],
      [json(null), '6e756c6c', '"data":null'],
      [json(''), '2222', '"data":""'],
    ]
    for (const [data, body, member] of cases) {
      const one = event({ datacontenttype: 'application/json' }, data)
      expect(hex(encodeBinary(one).body)).toBe(body)
      expect(decodeBinary(encodeBinary(one), depth).data).toEqual(data)
      expect(encodeStructured(one).includes('"data"')).toBe(member !== undefined)
      expect(encodeStructured(one)).toContain(member ?? '}')
      expect(decodeStructured(bytes(encodeStructured(one)), depth).data).toEqual(data)
    }
  })

  it('10: text and bytes of zero length are rejected', () => {
    const noText = event({ datacontenttype: 'text/plain' }, { kind: 'text', text: '' })
    const noBytes = event({ datacontenttype: 'application/octet-stream' }, { kind: 'bytes', bytes: new Uint8Array() })
    for (const one of [noText, noBytes]) {
      expect(() => encodeBinary(one)).toThrow(expect.objectContaining({ code: 'invalid-data' }))
      expect(() => encodeStructured(one)).toThrow(expect.objectContaining({ code: 'invalid-data' }))
    }
  })

  it('11: JSON without a content type gets one in binary mode', () => {
    const { headers, body } = encodeBinary(event({}, json("I'm just a string")))
    expect(headers.get('content-type')).toBe('application/json')
    expect(text(body)).toBe('"I\'m just a string"')
  })

  it('12: text is a string in JSON and raw in binary mode', () => {
    const xml = event({ datacontenttype: 'text/xml' }, { kind: 'text', text: '<much wow="xml"/>' })
    expect(JSON.parse(encodeStructured(xml))).toMatchObject({ data: '<much wow="xml"/>' })
    expect(text(encodeBinary(xml).body)).toBe('<much wow="xml"/>')
    expect(decodeBinary(encodeBinary(xml), depth).data).toEqual(xml.data)
    expect(decodeStructured(bytes(encodeStructured(xml)), depth).data).toEqual(xml.data)
  })

  it('13: base64 data without a content type stays bytes', () => {
    const body = bytes(JSON.stringify({ ...event().attributes, data_base64: 'eyAieHl6IjogMTIzIH0=' }))
    const message = fromStructured(body, depth)
    expect(message.headers.has('content-type')).toBe(false)
    expect(text(message.body)).toBe('{ "xyz": 123 }')
    expect(decodeBinary(message, depth).data).toEqual({ kind: 'bytes', bytes: bytes('{ "xyz": 123 }') })
  })

  it('14: structured mode is found in any case; batches and other formats are unsupported', () => {
    expect(contentMode('Application/CloudEvents+JSON')).toBe('structured')
    expect(contentMode(structuredType)).toBe('structured')
    for (const other of [
      'application/cloudevents-batch+json',
      'application/cloudevents+avro',
      'application/cloudevents',
    ]) {
      expect(() => contentMode(other)).toThrow(expect.objectContaining({ code: 'unsupported-format' }))
    }
    expect(contentMode('application/json')).toBe('binary')
    expect(contentMode(undefined)).toBe('binary')
  })

  it('15: attribute names are lower-case letters and digits, and never "data"', () => {
    for (const name of ['Bad', 'with_underscore', '', 'data', '__proto__', 'é']) {
      expect(() => encodeBinary(event({ [name]: 'x' })), name).toThrow(
        expect.objectContaining({ code: 'invalid-attribute' }),
      )
    }
    for (const name of ['Bad', 'with_underscore', '', '__proto__']) {
      const headers = new Map([...encodeBinary(event()).headers, [`ce_${name}`, 'x']])
      expect(() => decodeBinary({ headers, body: null }, depth), name).toThrow(
        expect.objectContaining({ code: 'invalid-attribute' }),
      )
      const body = bytes(encodeStructured(event()).replace('{', `{${JSON.stringify(name)}:"x",`))
      expect(() => decodeStructured(body, depth), name).toThrow(expect.objectContaining({ code: 'invalid-attribute' }))
    }
    expect(encodeBinary(event({ abcdefghijklmnopqrstu: 'x' })).headers.get('ce_abcdefghijklmnopqrstu')).toBe('x')
  })

  it('16: integers and booleans are native in JSON and strings on headers', () => {
    const typed = event({ intext: 5, boolext: true })
    expect(JSON.parse(encodeStructured(typed))).toMatchObject({ intext: 5, boolext: true })
    expect(decodeStructured(bytes(encodeStructured(typed)), depth).attributes).toMatchObject({
      intext: 5,
      boolext: true,
    })
    expect(decodeBinary(encodeBinary(typed), depth).attributes).toMatchObject({ intext: '5', boolext: 'true' })
    for (const value of [2_147_483_648, -2_147_483_649, 1.5, Number.NaN, {}, [], 5n]) {
      expect(() => encodeBinary(event({ intext: value }))).toThrow(
        expect.objectContaining({ code: 'invalid-attribute' }),
      )
    }
    for (const value of ['2147483648', '1.5', '{}', '[]']) {
      const body = bytes(encodeStructured(event()).replace('{', `{"intext":${value},`))
      expect(() => decodeStructured(body, depth)).toThrow(expect.objectContaining({ code: 'invalid-attribute' }))
    }
  })

  it('17: a time keeps its digits and offset, and must be one', () => {
    const time = '2026-01-02T03:04:05.678901+02:00'
    expect(decodeBinary(encodeBinary(event({ time })), depth).attributes.time).toBe(time)
    expect(decodeStructured(bytes(encodeStructured(event({ time }))), depth).attributes.time).toBe(time)
    const encoded = encodeEvent(draft(orderPlaced, d1, { time }), origin) as EncodedEvent
    expect(decodeOne(encoded).time).toBe(time)
    for (const bad of ['2026-13-01', '2026-01-02', '']) {
      expect(() => encodeBinary(event({ time: bad }))).toThrow(expect.objectContaining({ code: 'invalid-attribute' }))
    }
  })

  it('18: source, dataschema and subject keep their syntax', () => {
    expect(encodeBinary(event({ source: '/s' })).headers.get('ce_source')).toBe('/s')
    const bad = [{ source: '' }, { dataschema: '/relative' }, { dataschema: 'https://e.com/s#a' }, { subject: '' }]
    for (const more of bad) {
      expect(() => encodeBinary(event(more))).toThrow(expect.objectContaining({ code: 'invalid-attribute' }))
      const [[name, value] = []] = Object.entries(more)
      const headers = new Map([...encodeBinary(event()).headers, [`ce_${name}`, value as string]])
      expect(() => decodeBinary({ headers, body: null }, depth)).toThrow(
        expect.objectContaining({ code: 'invalid-attribute' }),
      )
    }
  })

  it('19: controls, noncharacters and unpaired surrogates are no text of an attribute', () => {
    for (const value of ['a\u0007', 'a\uffff', 'a\ud800', '\udc00a', '\u0080', 'ok\ufdd0', '\u{1fffe}', 'é\n']) {
      expect(() => encodeBinary(event({ ext: value }))).toThrow(expect.objectContaining({ code: 'invalid-attribute' }))
    }
    expect(encodeBinary(event({ ext: 'é😀\ue000' })).headers.get('ce_ext')).toBe('é😀\ue000')
  })

  it('19: data with U+FFFE is escaped in the structured form', () => {
    const body = encodeStructured(event({}, json({ note: '\ufffe\uffff' })))
    expect(body).toContain('"\\ufffe\\uffff"')
    expect(decodeStructured(bytes(body), depth).data).toEqual(json({ note: '\ufffe\uffff' }))
  })

  it('20: the key Zoë goes to partition 10 of 12', () => {
    expect(partitionOf('Zoë', 12)).toBe(10)
  })

  it('21: an explicit key wins, and leaves the attribute alone', () => {
    const encoded = encodeEvent(
      draft(orderPlaced, d1, { key: 'k1', extensions: { partitionkey: 'p1' } }),
      origin,
    ) as EncodedEvent
    expect(encoded.key).toBe('k1')
    expect(encoded.headers.get('ce_partitionkey')).toBe('p1')
    expect(decodeOne(encoded)).toMatchObject({ key: 'k1', extensions: { partitionkey: 'p1' } })
  })

  it('22: traceparents are read as W3C says', () => {
    const ids = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
    const invalid = [
      `ff-${ids}-01`,
      '00-00000000000000000000000000000000-b7ad6b7169203331-01',
      '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
      `00-${ids.toUpperCase()}-01`,
      `00-${ids}-01-extra`,
      `00-${ids}-1`,
      `00-${ids}`,
      `01-${ids}-01.extra`,
    ]
    for (const value of invalid) expect(readTraceparent(value), value).toBeUndefined()
    expect(readTraceparent(`01-${ids}-01-extra`)).toBe(`00-${ids}-01`)
    expect(readTraceparent(`cc-${ids}-01`)).toBe(`00-${ids}-01`)
    expect(readTraceparent(`00-${ids}-03`)).toBe(`00-${ids}-03`)
    expect(readTraceparent(`00-${ids}-ff`)).toBe(`00-${ids}-03`)
  })

  it('23: what is published in a handler carries correlation, causation and trace on', () => {
    const cause = decodeOne(encodeEvent(e1Draft, origin) as EncodedEvent)
    const e2 = encodeEvent(draft(orderPlaced, d1), { ...origin, cause }) as EncodedEvent
    expect(Object.fromEntries(e2.headers)).toMatchObject({
      ce_correlationid: 'c-7f3a',
      ce_causationid: e1.attributes.id,
      ce_traceparent: traceparent,
      traceparent,
    })
    expect(e2.id).not.toBe(e1.attributes.id)
  })

  it('23: a redrive changes the trace header of the hop and nothing of the event', () => {
    const encoded = encodeEvent(e1Draft, origin) as EncodedEvent
    const hop = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01'
    const redriven = decodeOne({ ...encoded, headers: new Map(encoded.headers).set('traceparent', hop) })
    expect(redriven).toEqual({
      ...decodeOne(encoded),
      traceparent: hop,
      extensions: expect.objectContaining({ traceparent }),
    })
  })

  it('27: a string that holds JSON stays a string', () => {
    const body = encodeStructured(event({ datacontenttype: 'application/json' }, json('{"orderId":"42"}')))
    expect(decodeStructured(bytes(body), depth).data).toEqual(json('{"orderId":"42"}'))
  })
})

function decodeOne(encoded: EncodedEvent): Event {
  return createDecoder([orderPlaced], defaultLimits).decode(encoded) as Event
}
