import { seededRandom } from '@eventspine/core/testing'
import { describe, expect, it } from 'vitest'
import { decodeMetadata, encodeMetadata, type Position, suspectsAfterCrash, timesOf } from './offsets.ts'

const plain: Position = { low: 100, finished: [], attempts: new Map(), reserved: undefined, suspects: [] }

describe('the metadata of a commit', () => {
  it('brings back what was put in', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 200; round++) {
      const low = Math.floor(random() * 2 ** 45)
      let at = low
      const runs = Array.from({ length: Math.floor(random() * 20) }, () => {
        const from = at + 1 + Math.floor(random() * 50)
        at = from + Math.floor(random() * 50)
        return { from, to: at, times: 1 + Math.floor(random() * 30) }
      })
      const position: Position = {
        low,
        finished: runs.map(({ from, to }) => ({ from, to })),
        attempts: new Map(runs.map(({ from, times }) => [from, times])),
        reserved: random() < 0.5 ? undefined : low + Math.floor(random() * 5_000),
        suspects: runs,
      }
      expect(decodeMetadata(low, encodeMetadata(position, 4_096))).toEqual(position)
    }
  })

  it('never exceeds its limit, and drops finished runs before attempts', () => {
    const many = Array.from({ length: 2_000 }, (_, at) => at)
    const position: Position = {
      ...plain,
      finished: many.map((at) => ({ from: 1_000 + at * 3, to: 1_000 + at * 3 })),
      attempts: new Map(many.slice(0, 300).map((at) => [1_000 + at, 3])),
    }
    for (const limit of [40, 512, 4_096]) {
      const text = encodeMetadata(position, limit)
      expect(text.length).toBeLessThanOrEqual(limit)
      expect(text).toMatch(/^[\x21-\x7e]*$/)
    }
    const back = decodeMetadata(100, encodeMetadata(position, 4_096))
    expect(back.attempts.size).toBe(300)
    expect(back.finished.length).toBeGreaterThan(100)
    expect(back.finished).toEqual(position.finished.slice(0, back.finished.length))
  })

  it('means nothing where somebody else wrote it', () => {
    for (const foreign of ['', 'hello', '2|||||', '1|x', '1|!!|a.b.c|.|,', '1||..|,,|9']) {
      const { finished, attempts, suspects } = decodeMetadata(5, foreign)
      expect([finished, [...attempts], suspects]).toEqual([[], [], []])
    }
  })
})

describe('suspicion', () => {
  it('falls on nobody when the last owner gave up in peace', () => {
    expect(suspectsAfterCrash(plain)).toEqual([])
  })

  it('falls on what may have been in hand, finished offsets apart', () => {
    const suspects = suspectsAfterCrash({ ...plain, reserved: 110, finished: [{ from: 103, to: 104 }] })
    expect([100, 102, 103, 104, 105, 109, 110].map((offset) => timesOf(suspects, offset))).toEqual([
      1, 1, 0, 0, 1, 1, 0,
    ])
  })

  it('grows with every crash, for those that were in hand again only', () => {
    let position: Position = { ...plain, reserved: 150 }
    for (let crash = 0; crash < 4; crash++) position = { ...position, suspects: suspectsAfterCrash(position) }
    const alone = suspectsAfterCrash({ ...position, reserved: 101 })
    expect(timesOf(alone, 100)).toBe(5)
    expect(timesOf(alone, 101)).toBe(4)
    expect(timesOf(alone, 149)).toBe(4)
    expect(timesOf(alone, 150)).toBe(0)
  })
})
