import { maxHeld } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { failure, fourKeys, ids, message, ofKey, opened, reader } from '../../test/stage.ts'
import { createVirtualClock } from '../virtual-clock.ts'

describe('the claims of an ordered group', () => {
  it('move to a new member when everything yielded from them is settled, and yield nothing meanwhile', async () => {
    const transport = await opened()
    const first = await reader(transport)
    await transport.publish(fourKeys.map((key) => message(`${key} first`, { key })))
    const held = await first.take(4)
    const second = await reader(transport)
    await transport.publish(fourKeys.map((key) => message(`${key} then`, { key })))
    expect(ids(await first.next())).toHaveLength(2)
    expect(await second.silent()).toBe(true)
    await first.settle('ack', held)
    expect(ids(await second.next())).toHaveLength(2)
    expect(held.some(({ lease }) => lease.aborted)).toBe(false)
  })

  it('go on to the others as a stopped member drains, each by itself', async () => {
    const transport = await opened()
    const [first, second] = [await reader(transport), await reader(transport)]
    await transport.publish(ofKey('a', 1))
    const owner = (await first.silent()) ? second : first
    const heir = owner === first ? second : first
    const held = await owner.take(1)
    await owner.subscription.stop()
    await transport.publish([message('a1', { key: 'a' })])
    expect(await heir.silent()).toBe(true)
    expect(await owner.settle('ack', held)).toEqual(['settled'])
    expect(ids(await heir.next())).toEqual(['a1'])
  })

  it('give back in order what close() finds unsettled, before anything newer', async () => {
    const transport = await opened()
    const first = await reader(transport)
    await transport.publish(ofKey('a', 4))
    const held = await first.take(4)
    await first.settle('ack', held.slice(1, 2))
    await transport.publish([message('a4', { key: 'a' })])
    await first.subscription.close()
    const again = await (await reader(transport)).next()
    expect(ids(again)).toEqual(['a0', 'a2', 'a3', 'a4'])
    expect(again.map(({ redelivered, attempt }) => [redelivered, attempt])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [0, 1],
    ])
    expect(await first.settle('ack', held)).toEqual(['lost', 'settled', 'lost', 'lost'])
  })

  it('pause at the most that may be held, and no other partition with them', async () => {
    const transport = await opened()
    const billing = await reader(transport, { prefetch: 10_000, prefetchBytes: 1e9 })
    const [a = '', b = ''] = fourKeys
    await transport.publish(ofKey(a, maxHeld.messages + 10).map((one) => ({ ...one, body: null })))
    const held = await billing.next()
    expect(held).toHaveLength(maxHeld.messages)
    await transport.publish(ofKey(b, 1))
    expect(ids(await billing.next())).toEqual([`${b}0`])
    expect(await billing.silent()).toBe(true)
    await billing.settle('ack', held.slice(5, 6))
    expect(ids(await billing.next())).toEqual([`${a}${maxHeld.messages}`])
  })

  it('pause at the bytes that may be held', async () => {
    const transport = await opened({ maxMessageBytes: maxHeld.bytes })
    const billing = await reader(transport, { prefetchBytes: 1e9 })
    const body = new Uint8Array(maxHeld.bytes / 4)
    await transport.publish(ofKey('a', 6).map((one) => ({ ...one, body })))
    const held = await billing.next()
    expect(held).toHaveLength(4)
    expect(await billing.silent()).toBe(true)
    await billing.settle('ack', held)
    expect(ids(await billing.next())).toEqual(['a4', 'a5'])
  })

  it('are fenced: a settlement after the loss says lost and changes nothing, twice', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish(ofKey('a', 3))
    const held = await billing.take(3)
    transport.faults.loseLeases()
    expect(held.every(({ lease }) => lease.aborted)).toBe(true)
    const [one, two, three] = held as [never, never, never]
    for (let twice = 0; twice < 2; twice++) {
      expect(
        await billing.subscription.settle([
          { delivery: one, as: 'ack' },
          { delivery: two, as: 'release' },
          { delivery: three, as: 'dead-letter', failure },
        ]),
      ).toEqual(['lost', 'lost', 'lost'])
    }
    expect(await transport.deadLetters('billing').count()).toBe(0)
    const again = await billing.next()
    expect(ids(again)).toEqual(['a0', 'a1', 'a2'])
    expect(again.map(({ redelivered }) => redelivered)).toEqual([1, 1, 1])
  })

  it('answer a second settlement as the first, whatever it asks', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish(ofKey('a', 1))
    const held = await billing.take(1)
    expect(await billing.settle('ack', held)).toEqual(['settled'])
    expect(await billing.settle('release', held)).toEqual(['settled'])
    expect(await billing.silent()).toBe(true)
  })

  it('know the attempts that failed in place after a crash', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const peer = await opened({ broker: transport.broker })
    const doomed = await reader(transport)
    await transport.publish(ofKey('a', 1))
    const [delivery] = await doomed.take(1)
    if (delivery) doomed.subscription.note?.(delivery, 2)
    transport.faults.crash()
    await clock.advance(1_000)
    expect(await (await reader(peer)).next()).toMatchObject([{ attempt: 3, redelivered: 1 }])
  })
})

describe('the balance of an ordered group', () => {
  it('gives every member its share after joins and a leave', async () => {
    const transport = await opened()
    const partitionsOf = async (members: Awaited<ReturnType<typeof reader>>[]): Promise<number[]> => {
      await transport.publish(Array.from({ length: 80 }, (_, i) => message(`${i}`, { key: `k${i}` })))
      return Promise.all(
        members.map(async (member) => {
          const got = await member.next()
          await member.settle('ack', got)
          return new Set(got.map(({ partition }) => partition)).size
        }),
      )
    }
    const first = await reader(transport)
    expect(await partitionsOf([first])).toEqual([4])
    const second = await reader(transport)
    expect(await partitionsOf([first, second])).toEqual([2, 2])
    const third = await reader(transport)
    expect((await partitionsOf([first, second, third])).toSorted()).toEqual([1, 1, 2])
    await first.subscription.close()
    expect(await partitionsOf([second, third])).toEqual([2, 2])
  })
})
