import { describe, expect, it } from 'vitest'
import { createUuidV7, uuidV7 } from './uuid-v7.ts'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

describe('uuidV7', () => {
  it('has the form and the time of RFC 9562', () => {
    const id = createUuidV7()(0x017f22e279b0)
    expect(id).toMatch(form)
    expect(id.startsWith('017f22e2-79b0-7')).toBe(true)
  })

  it('sorts as it was made, within a millisecond and beyond what a millisecond holds', () => {
    const next = createUuidV7()
    const ids = Array.from({ length: 20_000 }, () => next(1_767_323_045_678))
    expect(ids).toEqual([...ids].sort())
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(form)
    expect(timeOf(ids.at(-1) as string)).toBeGreaterThan(1_767_323_045_678)
  })

  it('does not go back with the clock', () => {
    const next = createUuidV7()
    const before = next(2_000_000)
    const during = [next(1_000_000), next(1_999_999), next(2_000_000)]
    const after = next(2_000_001)
    expect([before, ...during, after]).toEqual([before, ...during, after].sort())
    expect(during.map(timeOf)).toEqual([2_000_000, 2_000_000, 2_000_000])
    expect(timeOf(after)).toBe(2_000_001)
  })

  it('is different in another generator at the same time', () => {
    expect(createUuidV7()(1)).not.toBe(createUuidV7()(1))
  })

  it('sorts across milliseconds in the one that publishing uses', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => uuidV7(1_000 + Math.floor(i / 7)))
    expect(ids).toEqual([...ids].sort())
  })
})
