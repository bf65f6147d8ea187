import { describe, expect, it } from 'vitest'
import type { Place } from '../driver/driver.ts'
import { type Applicant, assign, keyOf } from './assigner.ts'

const partitions = new Map([
  ['orders', 8],
  ['stock', 3],
  ['g.retry.0', 4],
])
const isOwn = (topic: string): boolean => topic.startsWith('g.retry.')

const member = (memberId: string, topics: string[], owned: Place[] = [], generation = 1): Applicant => ({
  memberId,
  topics,
  owned,
  generation,
})

const all = (topic: string, from: number, to: number): Place[] =>
  Array.from({ length: to - from }, (_, at) => ({ topic, partition: from + at }))

const given = (members: readonly Applicant[]): Map<string, string[]> =>
  new Map([...assign(members, { partitions, isOwn })].map(([id, places]) => [id, places.map(keyOf)]))

describe('the assigner', () => {
  it('gives a lone member everything that it reads, and nothing else', () => {
    expect(given([member('a', ['stock'])]).get('a')).toEqual(['stock/0', 'stock/1', 'stock/2'])
  })

  it('gives each topic to those who read it, whoever leads', () => {
    const places = given([member('leader', ['orders']), member('other', ['orders', 'stock'])])
    expect(places.get('other')?.filter((name) => name.startsWith('stock'))).toHaveLength(3)
    expect(places.get('leader')?.every((name) => name.startsWith('orders'))).toBe(true)
    expect((places.get('leader')?.length ?? 0) + (places.get('other')?.length ?? 0)).toBe(11)
  })

  it('spreads each topic evenly', () => {
    const places = given(['a', 'b', 'c'].map((id) => member(id, ['orders'])))
    expect([...places.values()].map((names) => names.length).sort()).toEqual([2, 3, 3])
  })

  it('leaves a partition that has to move to nobody until its owner has given it up', () => {
    const before = given([member('a', ['orders'], all('orders', 0, 8)), member('b', ['orders'])])
    expect(before.get('a')).toHaveLength(4)
    expect(before.get('b')).toEqual([])
    const kept = (before.get('a') ?? []).map((name) => ({ topic: 'orders', partition: Number(name.split('/')[1]) }))
    const after = given([member('a', ['orders'], kept), member('b', ['orders'])])
    expect(after.get('a')).toEqual(before.get('a'))
    expect(after.get('b')).toHaveLength(4)
  })

  it('keeps what is even as it is', () => {
    const members = [member('a', ['orders'], all('orders', 0, 4)), member('b', ['orders'], all('orders', 4, 8))]
    expect(given(members).get('b')).toEqual(all('orders', 4, 8).map(keyOf))
  })

  it('believes the newer of two claims', () => {
    const zombie = member('a', ['orders'], all('orders', 0, 8), 3)
    const owner = member('b', ['orders'], all('orders', 0, 8), 7)
    const places = given([zombie, owner])
    expect(places.get('a')).toEqual([])
    expect(places.get('b')).toHaveLength(4)
  })

  it('waits for a member that reads no more and has not given up what it holds', () => {
    const places = given([member('leaving', [], [{ topic: 'orders', partition: 5 }]), member('b', ['orders'])])
    expect(places.get('b')).toHaveLength(7)
    expect(places.get('b')).not.toContain('orders/5')
  })

  it("gives the group's own topics to those who read all of its topics, listed or not", () => {
    const places = given([member('narrow', ['orders', 'g.retry.0']), member('wide', ['orders', 'stock'])])
    expect(places.get('wide')?.filter((name) => name.startsWith('g.retry.0'))).toHaveLength(4)
  })

  it('evens out many small topics over all', () => {
    const topics = Array.from({ length: 20 }, (_, at) => `t${at}`)
    const owned = topics.map((topic) => ({ topic, partition: 0 }))
    const single = new Map(topics.map((topic) => [topic, 1]))
    const places = assign([member('a', topics, owned), member('b', topics)], { partitions: single, isOwn })
    expect(places.get('a')).toHaveLength(10)
  })

  it('knows no partitions of a topic that is gone', () => {
    expect(given([member('a', ['gone'])]).get('a')).toEqual([])
  })
})
