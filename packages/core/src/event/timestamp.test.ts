import { expect, it } from 'vitest'
import { isoTime } from './timestamp.ts'

it('is what Date writes, in any order of asking', () => {
  const times = [
    0, 1, 999, 1_000, 1_767_323_045_678, 1_767_323_045_679, 1_767_323_045_000, 5, -1, -1_500, 253_402_300_799_999,
  ]
  for (const ms of [...times, ...times.reverse()]) expect(isoTime(ms)).toBe(new Date(ms).toISOString())
  expect(isoTime(1_500.7)).toBe('1970-01-01T00:00:01.500Z')
})
