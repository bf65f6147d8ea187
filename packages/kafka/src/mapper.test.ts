import type { Message } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import type { FetchedRecord, NewRecord } from './driver/driver.ts'
import { delayOf, fromRecord, goneOffsets, goneRecord, recordBytes, toRecord } from './mapper.ts'

const message: Message = {
  topic: 'orders',
  id: '1',
  source: '/shop',
  key: 'Ærøskøbing 🚢',
  headers: new Map([
    ['ce_id', '1'],
    ['ce_source', '/shop'],
    ['constructor', 'x'],
  ]),
  body: Uint8Array.of(0, 255),
}

/** As a broker would hand it back. */
const read = ({ key, value, headers }: NewRecord, offset = 7): FetchedRecord => ({
  offset,
  timestamp: 1,
  key,
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
})

describe('the mapper', () => {
  it('writes a CloudEvent in binary mode as it is, and nothing beside it', () => {
    const record = toRecord(message)
    expect({ ...record.headers }).toEqual({ ce_id: '1', ce_source: '/shop', constructor: 'x' })
    expect(record.key?.toString()).toBe('Ærøskøbing 🚢')
  })

  it('reads structured mode as binary mode, by the name of its event', () => {
    const body = '{"specversion":"1.0","id":"7","source":"/s","type":"t","data":{"a":1}}'
    const structured = (text: string): FetchedRecord =>
      read({ key: null, value: Buffer.from(text), headers: { 'content-type': 'application/cloudevents+json' } })
    const { message: found } = fromRecord('orders', 0, structured(body))
    expect(found).toMatchObject({ id: '7', source: '/s' })
    expect(found.headers.get('ce_type')).toBe('t')
    expect(new TextDecoder().decode(found.body as Uint8Array)).toBe('{"a":1}')
    const { message: broken } = fromRecord('orders', 0, structured('{'))
    expect(broken).toMatchObject({
      id: 'orders/0/7',
      headers: new Map([['content-type', 'application/cloudevents+json']]),
    })
  })

  it('brings a message back, wherever its copy lay', () => {
    const direct = fromRecord('orders', 0, read(toRecord(message)))
    const away = fromRecord(
      'billing.dead',
      0,
      read(toRecord(message, { away: true, headers: new Map([['es-hop', '2']]) })),
    )
    for (const { message: back } of [direct, away]) expect(back).toEqual({ ...message, body: Buffer.from([0, 255]) })
    expect([...away.bookkeeping]).toEqual([['es-hop', '2']])
  })

  it('tells no body from an empty one', () => {
    expect(fromRecord('t', 0, read(toRecord({ ...message, body: null }))).message.body).toBeNull()
    expect(fromRecord('t', 0, read(toRecord({ ...message, body: new Uint8Array() }))).message.body?.length).toBe(0)
  })

  it('carries id and source where no header does', () => {
    const nameless = { ...message, headers: new Map() }
    const { message: back } = fromRecord('orders', 0, read(toRecord(nameless)))
    expect([back.id, back.source, back.headers.size]).toEqual(['1', '/shop', 0])
  })

  it('reads what somebody else wrote', () => {
    const record = {
      ...read(toRecord(message)),
      key: null,
      headers: { ce_id: [Buffer.from('a'), Buffer.from('b')], bad: [] },
    }
    const { message: back } = fromRecord('orders', 3, record)
    expect(back).toEqual({
      topic: 'orders',
      id: 'b',
      source: 'kafka:orders',
      headers: new Map([['ce_id', 'b']]),
      body: record.value,
    })
    expect(fromRecord('orders', 3, { ...record, headers: {} }).message.id).toBe('orders/3/7')
  })

  it('remembers a delay, and believes no other', () => {
    expect(delayOf(read(toRecord(message, { delayMs: 1_500 })))).toBe(1_500)
    expect(delayOf(read(toRecord(message)))).toBe(0)
    expect(delayOf({ ...read(toRecord(message)), headers: { '_es-delay': Buffer.from('-5e9') } })).toBe(0)
  })

  it('counts at least the bytes that a record takes', () => {
    const record = toRecord(message, { away: true, delayMs: 5 })
    const text = Object.entries(record.headers).flat().join('')
    const least = Buffer.byteLength(text) + (record.key?.length ?? 0) + (record.value?.length ?? 0)
    expect(recordBytes(record)).toBeGreaterThan(least)
  })

  it('marks dead letters as gone', () => {
    expect(goneOffsets(read(goneRecord([3, 17])))).toEqual([3, 17])
    expect(goneOffsets({ ...read(goneRecord([])), value: Buffer.from('x,-1,,2') })).toEqual([2])
  })
})
