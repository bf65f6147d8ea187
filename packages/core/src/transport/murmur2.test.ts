import { describe, expect, it } from 'vitest'
import { murmur2, partitionOf } from './murmur2.ts'

describe('murmur2', () => {
  it('gives the numbers of the Java client', () => {
    // The cases of org.apache.kafka.common.utils.UtilsTest.
    expect(murmur2('21')).toBe(-973932308)
    expect(murmur2('foobar')).toBe(-790332482)
    expect(murmur2('a-little-bit-long-string')).toBe(-985981536)
    expect(murmur2('a-little-bit-longer-string')).toBe(-1486304829)
    expect(murmur2('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8')).toBe(-58897971)
    expect(murmur2('abc')).toBe(479470107)
  })

  it('hashes a key of each length modulo four as the byte-wise path does', () => {
    // The first character decides the path: the rest of both keys is the same.
    for (const key of ['', 'a', 'ab', 'abc', 'abcd', 'abcde']) {
      expect(murmur2(key)).toBe(reference(new TextEncoder().encode(key)))
      expect(murmur2(`é${key}`)).toBe(reference(new TextEncoder().encode(`é${key}`)))
    }
  })

  it('puts the keys of the vectors into their partitions of 12', () => {
    expect(partitionOf('order-42', 12)).toBe(0)
    expect(partitionOf('order-43', 12)).toBe(10)
    expect(partitionOf('a', 12)).toBe(4)
    expect(partitionOf('foobar', 12)).toBe(6)
    expect(partitionOf('Zoë', 12)).toBe(10)
  })
})

/** A plain transcription of the Java code with BigInt, to compare with. */
function reference(data: Uint8Array): number {
  const mask = 0xffffffffn
  const m = 0x5bd1e995n
  const mul = (a: bigint, b: bigint): bigint => (a * b) & mask
  let h = (0x9747b28cn ^ BigInt(data.length)) & mask
  const words = data.length >> 2
  for (let i = 0; i < words; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = data.subarray(i * 4, i * 4 + 4)
    let k = BigInt(a) | (BigInt(b) << 8n) | (BigInt(c) << 16n) | (BigInt(d) << 24n)
    k = mul(k, m)
    k ^= k >> 24n
    k = mul(k, m)
    h = mul(h, m) ^ k
  }
  const [a = 0, b = 0, c = 0] = data.subarray(words * 4)
  const rest = data.length & 3
  if (rest === 3) h ^= BigInt(c) << 16n
  if (rest >= 2) h ^= BigInt(b) << 8n
  if (rest >= 1) h = mul(h ^ BigInt(a), m)
  h ^= h >> 13n
  h = mul(h, m)
  h ^= h >> 15n
  return Number(BigInt.asIntN(32, h))
}
