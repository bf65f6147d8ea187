import { describe, expect, it } from 'vitest'
import { checkDepth, parseJson } from './json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const nested = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`

describe('parseJson', () => {
  it('drops the keys that could reach a prototype, however they are spelled and wherever they stand', () => {
    const hostile = [
      '{"__proto__":{"polluted":1},"a":1}',
      '{"\\u005f_proto__":{"polluted":1},"a":1}',
      '{"__\\u0070roto__":{"polluted":1},"a":1}',
      '{"a":1,"constructor":{"prototype":{"polluted":1}}}',
    ]
    for (const text of hostile) {
      for (const wrapped of [text, `{"deep":[{"in":${text}}]}`]) {
        const value = parseJson(bytes(wrapped), 64)
        expect(JSON.stringify(value)).not.toContain('polluted')
        expect(JSON.stringify(value)).toContain('"a":1')
        merge({}, value)
        expect(({} as Record<string, unknown>).polluted).toBeUndefined()
      }
    }
  })

  it('keeps honest data: a constructor without prototype, text that only mentions the names, escapes', () => {
    const value = {
      constructor: 'Ferrari',
      note: '"__proto__" \\u0041',
      list: [{ constructor: { name: 'x' } }],
      bell: '\u0007',
    }
    expect(parseJson(bytes(JSON.stringify(value)), 64)).toEqual(value)
  })

  it('refuses what nests too deep before it is parsed', () => {
    expect(parseJson(bytes(nested(64)), 64)).toBeDefined()
    expect(() => parseJson(bytes(nested(65)), 64)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
    expect(() => parseJson(bytes('['.repeat(200_000)), 64)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
    expect(() => parseJson(bytes('{"a":'.repeat(200_000)), 64)).toThrow(
      expect.objectContaining({ code: 'limit-exceeded' }),
    )
  })

  it('counts no bracket inside a string', () => {
    const text = JSON.stringify({ a: '['.repeat(500), b: `\\"${'{'.repeat(500)}`, c: '\\', d: ']' })
    expect(parseJson(bytes(text), 2)).toEqual(JSON.parse(text))
    expect(() => checkDepth(bytes(`["\\\\",${nested(70)}]`), 64)).toThrow(
      expect.objectContaining({ code: 'limit-exceeded' }),
    )
  })

  it('says that the body is not JSON or not UTF-8, and does not quote it', () => {
    for (const body of [bytes('{"secret":hunter2}'), bytes(''), bytes('"open'), new Uint8Array([0x22, 0xff, 0x22])]) {
      const error = thrown(() => parseJson(body, 64))
      expect(error).toMatchObject({ code: 'undecodable', retryable: false })
      expect(error.cause).toBeUndefined()
      expect(error.message).toMatch(/^the body is not (JSON|UTF-8)$/)
    }
  })

  it('takes a byte order mark', () => {
    expect(parseJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x31]), 64)).toBe(1)
  })
})

/** The naive deep merge that applications write. */
function merge(into: Record<string, unknown>, from: unknown): void {
  for (const [key, value] of Object.entries(from as object)) {
    if (typeof value !== 'object' || value === null) into[key] = value
    else {
      into[key] ??= {}
      merge(into[key] as Record<string, unknown>, value)
    }
  }
}

function thrown(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
