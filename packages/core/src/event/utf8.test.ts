import { describe, expect, it } from 'vitest'
import { utf8 } from './utf8.ts'

describe('utf8', () => {
  it('encodes short and long texts, and never writes into what it gave before', () => {
    const texts = Array.from({ length: 3_000 }, (_, i) => `${'é😀x'.repeat(i % 700)}${i}`)
    const encoded = texts.map(utf8)
    expect(encoded.map((bytes) => new TextDecoder().decode(bytes))).toEqual(texts)
  })

  it('goes on when somebody transfers the buffer of what it gave', () => {
    const bytes = utf8('given away')
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    expect(bytes).toHaveLength(0)
    expect(new TextDecoder().decode(utf8('next'))).toBe('next')
  })
})
