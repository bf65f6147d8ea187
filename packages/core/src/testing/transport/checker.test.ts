import { describe, expect, it } from 'vitest'
import { breaches, check, type Sighting } from './checker.ts'

const sighting = (id: string): Sighting => ({ id, topic: 't', key: id[0] as string })
const sightings = (...ids: string[]): Sighting[] => ids.map(sighting)

const published = sightings('a1', 'b1', 'a2', 'b2', 'a3')

describe('the checker', () => {
  it('finds nothing wrong with each message once and in order', () => {
    const verdict = check(published, sightings('b1', 'a1', 'b2', 'a2', 'a3'))
    expect(verdict).toEqual({ lost: [], ghosts: [], duplicates: [], inversions: [], regressions: 0 })
    expect(breaches(verdict, { ordered: true })).toEqual([])
  })

  it('names what was lost and what nobody published', () => {
    const verdict = check(published, sightings('a1', 'x9', 'b1', 'a2', 'b2'))
    expect(verdict.lost).toEqual(['a3'])
    expect(verdict.ghosts).toEqual(['x9'])
    expect(breaches(verdict)).toEqual(['lost 1 (a3)', 'ghosts 1 (x9)'])
  })

  it('counts a late duplicate as a regression and not as an inversion', () => {
    const verdict = check(published, sightings('a1', 'a2', 'a1', 'a2', 'a3', 'b1', 'b2'))
    expect(verdict.inversions).toEqual([])
    expect(verdict.regressions).toBe(1)
    expect(verdict.duplicates).toEqual(['a1', 'a2'])
  })

  it('counts each first arrival behind a later one of its key as an inversion', () => {
    const verdict = check(published, sightings('a3', 'a1', 'a2', 'b1', 'b2'))
    expect(verdict.inversions).toEqual([
      { key: 'a', id: 'a1', after: 'a3' },
      { key: 'a', id: 'a2', after: 'a3' },
    ])
    expect(breaches(verdict, { ordered: true })[0]).toContain('a1 after a3 (key a)')
    expect(breaches(verdict)).toEqual([])
  })

  it('keeps the same key of two topics apart, and keyless messages out of order', () => {
    const other: Sighting = { id: 'a0', topic: 'u', key: 'a' }
    const keyless: Sighting[] = [
      { id: 'n1', topic: 't' },
      { id: 'n2', topic: 't' },
    ]
    const verdict = check([other, ...published, ...keyless], [...keyless.toReversed(), ...published, other])
    expect(verdict.inversions).toEqual([])
  })

  it('allows as many duplicates as the bar says', () => {
    const verdict = check(sightings('a1'), sightings('a1', 'a1', 'a1'))
    expect(breaches(verdict, { duplicates: 2 })).toEqual([])
    expect(breaches(verdict, { duplicates: 1 })).toEqual(['duplicates 2 (a1, a1), at most 1 allowed'])
  })
})
