import { describe, expect, it } from 'vitest'
import { balance, type Share } from './balance.ts'

const shares = (owners: (string | undefined)[], eligible: string[]): Share<string>[] =>
  owners.map((owner) => ({ owner, eligible }))
const counts = (owners: (string | undefined)[]): number[] =>
  [...Map.groupBy(owners, (owner) => owner).values()].map(({ length }) => length).toSorted()

describe('balance', () => {
  it('spreads what nobody owns', () => {
    expect(counts(balance(shares(Array(8).fill(undefined), ['a', 'b', 'c'])))).toEqual([2, 3, 3])
  })

  it('moves no more than it must', () => {
    const before = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']
    const after = balance(shares(before, ['a', 'b', 'c']))
    expect(counts(after)).toEqual([2, 3, 3])
    expect(after.filter((owner, at) => owner !== before[at])).toEqual(['c', 'c'])
    expect(balance(shares(after, ['a', 'b', 'c']))).toEqual(after)
  })

  it('hands on what a member leaves', () => {
    expect(balance(shares(['a', 'a', 'b', 'b'], ['b']))).toEqual(['b', 'b', 'b', 'b'])
  })

  it('leaves a partition alone that nobody may have', () => {
    expect(balance([{ owner: 'gone', eligible: [] as string[] }])).toEqual([undefined])
  })

  it('balances members that may not have every partition', () => {
    const owners = balance([...shares(['a', 'a', 'a', 'a'], ['a', 'b']), ...shares([undefined, undefined], ['b'])])
    expect(owners.slice(4)).toEqual(['b', 'b'])
    expect(counts(owners)).toEqual([3, 3])
  })

  it('gives members beyond the partitions nothing', () => {
    expect(counts(balance(shares(['a', 'a'], ['a', 'b', 'c'])))).toEqual([1, 1])
  })
})
