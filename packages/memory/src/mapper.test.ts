import { describe, expect, it } from 'vitest'
import { message } from '../test/stage.ts'
import { unpool } from './broker/stored.ts'
import { Arena, toMessage, toStored } from './mapper.ts'

describe('mapper', () => {
  it.each([
    ['a key, headers and bytes', message('1', { key: 'Zoë 😀', body: Uint8Array.of(0, 255) })],
    ['no key', message('1')],
    ['no body', message('1', { body: null })],
    ['an empty body', message('1', { body: new Uint8Array() })],
    ['no headers', message('1', { headers: new Map() })],
    ['a large body', message('1', { body: new Uint8Array(100_000).fill(7) })],
  ])('brings %s there and back', (_what, sent) => {
    const arena = new Arena()
    expect(toMessage(toStored(sent, arena, 0), arena)).toEqual(sent)
  })

  it('copies bodies side by side without touching their neighbours', () => {
    const arena = new Arena()
    const bodies = Array.from({ length: 500 }, (_, i) => new Uint8Array(i).fill(i))
    const copies = bodies.map((body) => arena.copy(body))
    expect(copies).toEqual(bodies)
  })

  it('takes a view of a larger buffer for its bytes alone', () => {
    const view = new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)
    expect(new Arena().copy(view)).toEqual(Uint8Array.of(2, 3))
  })

  it('gives what stays long a buffer of its own', () => {
    const stored = toStored(message('1', { body: Uint8Array.of(1, 2) }), new Arena(), 0)
    expect(stored.body?.buffer.byteLength).toBeGreaterThan(2)
    expect(unpool(stored)).toBe(stored)
    expect(stored.body).toEqual(Uint8Array.of(1, 2))
    expect(stored.body?.buffer.byteLength).toBe(2)
  })
})
