import { PublishFailedError } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { type Item, Lane, type SendResult } from './lane.ts'

const error = new PublishFailedError('refused')

/** Items `0`, `1`, … of so many bytes each, and what became of them. */
function laneWith(
  sizes: readonly number[],
  keys: readonly string[] = [],
): { lane: Lane; results: (SendResult | 'open')[] } {
  const lane = new Lane({ topic: 'orders', partition: 0 })
  const results = sizes.map((): SendResult | 'open' => 'open')
  const call = new Set<string>()
  sizes.forEach((bytes, index) => {
    const done = (result: SendResult): void => {
      results[index] = result
    }
    lane.push({
      record: { key: null, value: Buffer.from(`${index}`), headers: {} },
      bytes,
      call,
      key: keys[index],
      done,
    })
  })
  return { lane, results }
}

const batchOf = (lane: Lane): string => (lane.batch ?? []).map(({ record }: Item) => record.value?.toString()).join()

describe('a lane', () => {
  it('splits by bytes and by number, in order', () => {
    const { lane } = laneWith([40, 40, 40, 100, 5, 5, 5])
    const batches: string[] = []
    for (; !lane.isIdle; lane.accepted()) {
      lane.fill(100, 3)
      batches.push(batchOf(lane))
    }
    expect(batches).toEqual(['0,1', '2', '3', '4,5,6'])
  })

  it('sends one that exceeds the bytes alone', () => {
    const { lane } = laneWith([500, 1])
    lane.fill(100, 10)
    expect(batchOf(lane)).toBe('0')
  })

  it('keeps the batch as it is until the broker has answered for it', () => {
    const { lane } = laneWith([1, 1])
    lane.fill(100, 10)
    const { batch } = lane
    lane.push({ ...(batch?.[0] as Item) })
    lane.fill(100, 10)
    expect(lane.batch).toBe(batch)
  })

  it('counts on where the accepted batch ended, and starts again behind the highest number', () => {
    const { lane } = laneWith([1, 1, 1])
    lane.sequence = 2 ** 31 - 2
    lane.fill(100, 10)
    lane.accepted()
    expect(lane.sequence).toBe(1)
  })

  it('finds the one that is refused, and accepts its neighbours', () => {
    const { lane, results } = laneWith([1, 1, 1, 1, 1], ['a', 'b', 'c', 'd', 'e'])
    for (lane.fill(100, 10); !lane.isIdle; lane.fill(100, 10)) {
      if (batchOf(lane).split(',').includes('3')) lane.refused(error)
      else lane.accepted()
    }
    expect(results).toEqual([undefined, undefined, undefined, { error, unknown: false }, undefined])
  })

  it('lets the rest of the key in the same call fall with it', () => {
    const { lane, results } = laneWith([1, 1, 1, 1], ['a', 'b', 'a', 'b'])
    lane.fill(1, 1)
    lane.refused(error)
    for (lane.fill(100, 10); !lane.isIdle; lane.fill(100, 10)) lane.accepted()
    expect(results).toEqual([{ error, unknown: false }, undefined, { error, unknown: false }, undefined])
  })

  it('tells what may be there from what is not when it is given up', () => {
    const { lane, results } = laneWith([1, 1])
    lane.fill(1, 1)
    lane.giveUp(error)
    expect(results).toEqual([
      { error, unknown: true },
      { error, unknown: false },
    ])
    expect(lane.isIdle).toBe(true)
  })
})
