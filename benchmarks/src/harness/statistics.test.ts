import { describe, expect, it } from 'vitest'
import { growth, median, quantile, slope } from './statistics.ts'

describe('quantile', () => {
  it('takes the middle of an odd number of values, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })

  it('lies between the two middle ones of an even number', () => {
    expect(median([1, 2, 10, 20])).toBe(6)
  })

  it('sorts by size, not as text', () => {
    expect(median([10, 9, 100])).toBe(10)
  })

  it('interpolates where the share falls between two values', () => {
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
  })

  it('has its ends at the lowest and the highest value', () => {
    expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)]).toEqual([1, 3])
  })

  it('is not a number where there are no values', () => {
    expect(median([])).toBeNaN()
  })

  it('leaves the values as they were', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})

describe('slope', () => {
  it('is that of the line on which the points lie', () => {
    expect(slope([1, 2, 5].map((x) => ({ x, y: 7 - 3 * x })))).toBeCloseTo(-3)
  })

  it('is zero where the points scatter around a level', () => {
    expect(slope([1, -1, -1, 1].map((y, x) => ({ x, y })))).toBeCloseTo(0)
  })
})

describe('growth', () => {
  it('compares the last quarter with the first', () => {
    expect(growth([1, 1, 5, 9, 6, 2, 11, 11])).toBe(10)
  })

  it('is not misled by a peak at the end', () => {
    const flat = Array.from({ length: 40 }, () => 30)
    expect(growth([...flat.slice(1), 300])).toBe(0)
  })
})
