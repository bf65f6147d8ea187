import type { Delivery } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { ids, message, opened, type Reader, reader } from '../../test/stage.ts'
import { createVirtualClock } from '../virtual-clock.ts'

const counters = { name: 'counters', topics: ['clicks'], ordered: false } as const
const click = (id: string) => message(id, { topic: 'clicks' })
const retry = ({ subscription }: Reader, deliveries: readonly Delivery[], delayMs: number, attempt: number) =>
  subscription.settle(deliveries.map((delivery) => ({ delivery, as: 'retry', delayMs, attempt })))

describe('a retry of an unordered group', () => {
  it('comes again with its attempt, not before its time', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const group = await reader(transport, { ...counters, prefetch: 10 })
    await transport.publish([click('1'), click('2')])
    const [one, two] = (await group.take(2)) as [Delivery, Delivery]
    expect(await retry(group, [one], 500, 2)).toEqual(['settled'])
    await group.settle('ack', [two])
    await clock.advance(499)
    expect(await group.silent()).toBe(true)
    await clock.advance(1)
    expect(await group.next()).toMatchObject([{ message: { id: '1' }, attempt: 2, redelivered: 0 }])
  })

  it('holds nothing: its member may go, and a later one gets it', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const first = await reader(transport, counters)
    await transport.publish([click('1')])
    await retry(first, await first.take(1), 60_000, 3)
    await first.subscription.close()
    const second = await reader(transport, counters)
    await clock.advance(60_000)
    expect(await second.next()).toMatchObject([{ attempt: 3 }])
  })

  it('lets short delays pass long ones', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const group = await reader(transport, counters)
    await transport.publish([click('long'), click('short')])
    const [long, short] = (await group.take(2)) as [Delivery, Delivery]
    await retry(group, [long], 600_000, 2)
    await retry(group, [short], 10, 2)
    await clock.advance(10)
    expect(ids(await group.next())).toEqual(['short'])
  })

  it('is refused in an ordered group, and nothing of that call happens', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish([message('1', { key: 'a' }), message('2', { key: 'a' })])
    const [one, two] = (await billing.take(2)) as [Delivery, Delivery]
    const call = billing.subscription.settle([
      { delivery: one, as: 'ack' },
      { delivery: two, as: 'retry', delayMs: 1, attempt: 2 },
    ])
    await expect(call).rejects.toMatchObject({ code: 'unsupported' })
    expect(await billing.settle('release', [one, two])).toEqual(['settled', 'settled'])
    expect(ids(await billing.next())).toEqual(['1', '2'])
  })

  it('waits while no transport is connected, keeping no timer, and comes when one is', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const group = await reader(transport, counters)
    await transport.publish([click('1')])
    await retry(group, await group.take(1), 1_000, 2)
    await transport.close()
    expect(clock.pending).toBe(0)
    await clock.advance(5_000)
    await transport.connect()
    const later = await reader(transport, counters)
    await clock.advance(0)
    expect(ids(await later.next())).toEqual(['1'])
  })
})

describe('a release', () => {
  it('burns no attempt and comes again at once', async () => {
    const transport = await opened()
    const group = await reader(transport, counters)
    await transport.publish([click('1')])
    for (let redelivered = 0; redelivered < 3; redelivered++) {
      const got = await group.take(1)
      expect(got).toMatchObject([{ attempt: 1, redelivered }])
      await group.settle('release', got)
    }
  })
})

describe('a message published for later', () => {
  it('is delivered when it is due, also to a group that comes meanwhile', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const early = await reader(transport, counters)
    const notBefore = clock.now() + 1_000
    expect(await transport.publish([{ ...click('later'), notBefore }, click('now')])).toEqual([
      { accepted: true },
      { accepted: true },
    ])
    expect(ids(await early.next())).toEqual(['now'])
    await clock.advance(999)
    expect(await early.silent()).toBe(true)
    const late = await reader(transport, { ...counters, name: 'late', startAt: 'latest' })
    await clock.advance(1)
    expect(ids(await early.next())).toEqual(['later'])
    expect(ids(await late.next())).toEqual(['later'])
  })

  it('is delivered at once when its time has passed', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const group = await reader(transport, counters)
    await transport.publish([{ ...click('1'), notBefore: clock.now() }])
    expect(ids(await group.next())).toEqual(['1'])
  })
})
