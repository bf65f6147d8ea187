import { describe, expect, it } from 'vitest'
import { isMet } from './bar.ts'
import type { Bar } from './case.ts'

const reached = (value: number, ratio?: number) => ({ subject: 'eventspine', value, ratio, ratioRange: undefined })

describe('isMet', () => {
  it('holds a ratio or a value to the bar, whichever it is for', () => {
    const ratio: Bar = { of: 'ratio', atLeast: 0.6 }
    const value: Bar = { of: 'value', atMost: 30 }
    expect([isMet(ratio, reached(99, 0.6)), isMet(ratio, reached(99, 0.59))]).toEqual([true, false])
    expect([isMet(value, reached(30)), isMet(value, reached(30.1))]).toEqual([true, false])
  })

  it('is not met by what could not be measured', () => {
    expect(isMet({ of: 'ratio', atLeast: 0 }, reached(99))).toBe(false)
    expect(isMet({ of: 'value', atMost: 30 }, reached(Number.NaN))).toBe(false)
  })
})
