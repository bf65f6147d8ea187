import { describe, expect, it } from 'vitest'
import { decodeStructured, encodeStructured, fromStructured, toStructured } from './structured-codec.ts'

const depth = { maxDepth: 64 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const required = { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't' }

/** There and back, as an adapter without room for headers does it. */
function roundTrip(headers: Record<string, string>, body: Uint8Array | null) {
  const text = toStructured({ headers: new Map(Object.entries({ ...required, ...headers })), body })
  const back = fromStructured(bytes(text), depth)
  return { text, headers: Object.fromEntries(back.headers), body: back.body }
}

describe('the structured codec', () => {
  it('gives a message in binary mode back to the byte', () => {
    const json = { 'content-type': 'application/json' }
    const cases: [Record<string, string>, Uint8Array | null][] = [
      [{}, null],
      [json, null],
      [
        { ...json, ce_subject: 'Zoë 😀', ce_time: '2026-01-02T03:04:05.678901+02:00' },
        bytes('{"note":"Zoë 😀","n":[1,2.5,null]}'),
      ],
      [json, bytes('"\ufffe\uffff"')],
      [json, bytes('{"spaced": 1.0, "big": 12345678901234567890}')],
      [json, bytes('{"__proto__":{"a":1},"b":2}')],
      [json, bytes('{"broken":')],
      [json, bytes('\ufeff{}')],
      [json, bytes('"\\ud800"')],
      [json, new Uint8Array([0xff, 0])],
      [{ 'content-type': 'text/xml' }, bytes('\ufeff<x>é\u0000</x>')],
      [{ 'content-type': 'text/plain' }, new Uint8Array([0xff])],
      [{ 'content-type': 'image/png' }, bytes('plain')],
      [{}, new Uint8Array(100_000).map((_, i) => i * 7)],
    ]
    for (const [headers, body] of cases) {
      const back = roundTrip(headers, body)
      expect(back.headers).toEqual({ ...required, ...headers })
      expect(back.body).toEqual(body)
    }
  })

  it('writes honest JSON as JSON, and only characters that SQS takes', () => {
    const { text } = roundTrip({ 'content-type': 'application/json' }, bytes('{"a":"\ufffe\\u0001"}'))
    expect(JSON.parse(text)).toMatchObject({ datacontenttype: 'application/json', data: { a: '\ufffe\u0001' } })
    expect(text).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u)
  })

  it('leaves out the headers that are no attributes', () => {
    const back = roundTrip({ traceparent: 'x', 'es-attempt': '2', ce_datacontenttype: 'text/plain' }, null)
    expect(back.headers).toEqual(required)
  })

  it('skips null members, and takes any order of them', () => {
    const body = bytes('{"data":{"a":1},"subject":null,"type":"t","source":"/s","id":"1","specversion":"1.0"}')
    const { attributes, data } = decodeStructured(body, depth)
    expect(attributes).toEqual(expect.objectContaining({ specversion: '1.0', id: '1', source: '/s', type: 't' }))
    expect('subject' in attributes).toBe(false)
    expect(data).toEqual({ kind: 'json', value: { a: 1 } })
  })

  it('demands what CloudEvents requires of a writer', () => {
    const attributes = { specversion: '1.0', id: '1', source: '/s', type: 't' }
    const absent = { kind: 'absent' } as const
    for (const missing of ['specversion', 'id', 'source', 'type'] as const) {
      const { [missing]: _, ...others } = attributes
      expect(() => encodeStructured({ attributes: others, data: absent })).toThrow(
        expect.objectContaining({ code: 'invalid-attribute' }),
      )
    }
    const mismatched = {
      attributes: { ...attributes, datacontenttype: 'text/plain' },
      data: { kind: 'json', value: 1 },
    } as const
    expect(() => encodeStructured(mismatched)).toThrow(expect.objectContaining({ code: 'invalid-data' }))
    expect(() => encodeStructured({ attributes, data: { kind: 'text', text: 'x' } })).toThrow(
      expect.objectContaining({ code: 'invalid-data' }),
    )
  })
})
