import { describe, expect, it } from 'vitest'
import { readTraceparent, readTracestate } from './traceparent.ts'

describe('readTraceparent', () => {
  it('gives a valid value of version 00 back as it is', () => {
    const value = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(readTraceparent(value)).toBe(value)
  })

  it('takes no value, surrounding spaces and wrong separators for invalid', () => {
    const value = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    for (const bad of [undefined, '', ` ${value}`, `${value} `, value.replaceAll('-', '_'), 'x'.repeat(100_000)]) {
      expect(readTraceparent(bad)).toBeUndefined()
    }
  })
})

describe('readTracestate', () => {
  it('drops white space and empty members and keeps the order', () => {
    expect(readTracestate('rojo=00f067aa0ba902b7 ,\t congo=t61rcWkgMzE,, ')).toBe(
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    )
    expect(readTracestate('1a-_*/@z=! ~')).toBe('1a-_*/@z=! ~')
  })

  it('takes a malformed member, a key twice and too many members for invalid', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',')
    expect(readTracestate(many(32))).toBe(many(32))
    const bad = [
      undefined,
      '',
      ' , ',
      'a',
      'a=',
      '=b',
      'A=b',
      '_a=b',
      'a=b=c',
      'a=é',
      'a=1,a=2',
      `${'k'.repeat(257)}=v`,
      many(33),
    ]
    for (const value of [...bad, `a=${'v'.repeat(257)}`, 'a=1\n']) expect(readTracestate(value), value).toBeUndefined()
  })

  it('is cut by whole members: the long ones first, then from the right', () => {
    const member = (key: string, length: number): string => `${key}=${'v'.repeat(length - key.length - 1)}`
    const short = (key: string): string => member(key, 100)
    const all = [short('a'), member('long', 129), short('b'), short('c'), short('d'), short('e'), short('f')]
    expect(readTracestate(all.join(','))).toBe([short('a'), short('b'), short('c'), short('d'), short('e')].join(','))
  })

  it('reads a hostile value in time that does not explode', () => {
    expect(readTracestate(`a=${' '.repeat(60_000)}`)).toBeUndefined()
    expect(readTracestate(','.repeat(60_000))).toBeUndefined()
  })
})
