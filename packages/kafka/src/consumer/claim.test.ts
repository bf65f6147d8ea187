import { maxHeld } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import type { FetchedRecord } from '../driver/driver.ts'
import { decodeMetadata, encodeMetadata, type Position } from '../offsets.ts'
import { Claim } from './claim.ts'
import type { Entry } from './entry.ts'

const start: Position = { low: 10, finished: [], attempts: new Map(), reserved: undefined, suspects: [] }
const place = { topic: 'orders', partition: 3 }

const record = (offset: number, key = 'k'): FetchedRecord => ({
  offset,
  timestamp: 0,
  key: Buffer.from(key),
  value: Buffer.from(`#${offset}`),
  headers: {},
})

const records = (from: number, to: number): FetchedRecord[] =>
  Array.from({ length: to - from }, (_, at) => record(from + at))

function claimOf(from: number, to: number, position = start): { claim: Claim; entries: Entry[] } {
  const claim = new Claim(place, position)
  const entries = claim.add(records(from, to), to)
  for (const entry of entries) claim.makeReady(entry)
  return { claim, entries }
}

const takeAll = (claim: Claim): Entry[] => {
  const taken: Entry[] = []
  while (claim.peek() !== undefined) taken.push(claim.take())
  return taken
}

const offsets = (entries: readonly Entry[]): number[] => entries.map(({ offset }) => offset)

describe('a claim on a partition', () => {
  it('commits nothing beyond the first unfinished delivery', () => {
    const { claim } = claimOf(10, 15)
    const [a, b, c, d] = takeAll(claim) as [Entry, Entry, Entry, Entry]
    for (const entry of [d, b]) claim.finish(entry)
    expect(claim.low).toBe(10)
    expect(claim.toPosition('none').finished).toEqual([
      { from: 11, to: 11 },
      { from: 13, to: 13 },
    ])
    claim.finish(a)
    expect(claim.low).toBe(12)
    claim.finish(c)
    expect(claim.low).toBe(14)
  })

  it('goes on where another left off, and repeats nothing that was finished', () => {
    const { claim } = claimOf(10, 20)
    for (const entry of takeAll(claim)) if (entry.offset % 2 === 0) claim.finish(entry)
    const { low } = claim
    const metadata = encodeMetadata(claim.toPosition('none'), 4_096)
    const { claim: next } = claimOf(low, 20, decodeMetadata(low, metadata))
    const again = takeAll(next)
    expect(offsets(again)).toEqual([11, 13, 15, 17, 19])
    expect(again.every(({ redelivered, attempt }) => redelivered === 0 && attempt === 1)).toBe(true)
  })

  it('passes on what it had not read again when it is passed on itself', () => {
    const finished = [{ from: 30, to: 40 }]
    const attempts = new Map([[25, 2]])
    const { claim } = claimOf(10, 20, { ...start, finished, attempts })
    const position = claim.toPosition('none')
    expect(position.finished).toEqual(finished)
    expect(position.attempts).toEqual(attempts)
  })

  it('passes over holes in the log', () => {
    const claim = new Claim(place, start)
    const [first, second] = claim.add([record(12), record(40)], 90) as [Entry, Entry]
    for (const entry of [first, second]) claim.makeReady(entry)
    for (const entry of takeAll(claim)) claim.finish(entry)
    expect(claim.low).toBe(90)
  })

  it('yields what is given back before anything newer, in its order', () => {
    const { claim } = claimOf(10, 13)
    const taken = takeAll(claim)
    for (const entry of claim.add(records(13, 16), 16)) claim.makeReady(entry)
    for (const entry of taken.toReversed()) claim.release(entry)
    const again = takeAll(claim)
    expect(offsets(again)).toEqual([10, 11, 12, 13, 14, 15])
    expect(again.map(({ redelivered }) => redelivered)).toEqual([1, 1, 1, 0, 0, 0])
  })

  it('pauses while the most that may be held is held', () => {
    const { claim } = claimOf(0, maxHeld.messages + 5, { ...start, low: 0 })
    const taken = takeAll(claim)
    expect(taken).toHaveLength(maxHeld.messages)
    claim.finish(taken[500] as Entry)
    expect(claim.peek()?.offset).toBe(maxHeld.messages)
  })

  it('tells the next owner of failed attempts', () => {
    const { claim } = claimOf(10, 12)
    const [failing] = takeAll(claim) as [Entry]
    claim.note(failing, 2)
    const metadata = encodeMetadata(claim.toPosition('many'), 4_096)
    const { claim: next } = claimOf(10, 12, decodeMetadata(10, metadata))
    expect(takeAll(next).map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([
      [3, 1],
      [1, 1],
    ])
  })

  it('may be left while nothing is held but what retries in place, and what waits behind it', () => {
    const claim = new Claim(place, start)
    for (const entry of claim.add([record(10, 'a'), record(11, 'a'), record(12, 'b')], 13)) claim.makeReady(entry)
    const [a, , b] = takeAll(claim) as [Entry, Entry, Entry]
    claim.revoke()
    expect(claim.isIdle).toBe(false)
    claim.note(a, 1)
    expect(claim.isIdle).toBe(false)
    claim.finish(b)
    expect(claim.isIdle).toBe(true)
  })

  it('forgets what it had not yielded when it is taken away, and reads it again when it stays', () => {
    const { claim } = claimOf(10, 20)
    claim.take()
    claim.revoke()
    expect(claim.peek()).toBeUndefined()
    expect(claim.position).toBe(11)
    claim.keep()
    for (const entry of claim.add(records(11, 20), 20)) claim.makeReady(entry)
    expect(offsets(takeAll(claim))).toEqual(offsets(claimOf(11, 20).entries))
  })

  it('passes on how often it gave a delivery back, whether it was taken away before or after', () => {
    const { claim } = claimOf(10, 14)
    const [first, second] = takeAll(claim) as [Entry, Entry]
    claim.release(second)
    claim.revoke()
    claim.giveBack()
    const { claim: next } = claimOf(10, 14, decodeMetadata(10, encodeMetadata(claim.toPosition('none'), 4_096)))
    expect(takeAll(next).map(({ redelivered }) => redelivered)).toEqual([1, 1, 1, 1])
    expect(first.state).toBe('waiting')
  })

  it('ends its lease once and yields nothing more', () => {
    const { claim } = claimOf(10, 12)
    claim.end()
    expect([claim.lease.aborted, claim.over, claim.peek()]).toEqual([true, true, undefined])
  })
})
