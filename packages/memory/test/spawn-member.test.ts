import { type Member, spawnMember } from '@eventspine/core/testing'
import type { Delivery, Failure, GroupSpec, Message, Subscription } from '@eventspine/core/transport'
import { afterEach, describe, expect, it } from 'vitest'

const module = new URL('./child-transport.ts', import.meta.url)
const group: GroupSpec = { name: 'billing', topics: ['orders'], ordered: false, startAt: 'available' }
const members: Member[] = []

async function member(options: unknown = {}): Promise<Member> {
  const spawned = await spawnMember({ module, options })
  members.push(spawned)
  await spawned.transport.topology.ensure({ topics: [{ name: 'orders', ordered: false }], groups: [] })
  return spawned
}

const subscribe = ({ transport }: Member, signal?: AbortSignal): Promise<Subscription> =>
  transport.subscribe({ group, prefetch: 10, prefetchBytes: 10_000, leaseMs: 1_000, ...(signal && { signal }) })

const message = (id: string, over: Partial<Message> = {}): Message => ({
  topic: 'orders',
  id,
  source: 'https://shop.example/orders',
  key: 'Zoë 😀',
  headers: new Map([['ce_type', 'order.created']]),
  body: Uint8Array.of(0, 1, 255),
  ...over,
})

async function take(subscription: Subscription, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = []
  for await (const batch of subscription) {
    taken.push(...batch)
    if (taken.length >= count) return taken
  }
  throw new Error(`the iterator ended after ${taken.length}`)
}

const failure = (delivery: Delivery): Failure => ({
  ...{ code: 'handler-failed', name: 'Error', message: 'no', attempts: delivery.attempt },
  ...{ group: group.name, topic: 'orders', at: 1_700_000_000_000 },
})

afterEach(async () => {
  for (const spawned of members.splice(0)) await spawned.dispose()
})

describe('a member in a process of its own', () => {
  it('carries messages, capabilities and settlements over', async () => {
    const spawned = await member({ like: 'sqs' })
    expect(spawned.transport.name).toBe('memory')
    expect(spawned.capabilities).toMatchObject({ history: false, maxBatch: { messages: 10 } })
    const subscription = await subscribe(spawned)
    const sent = [message('e-1'), message('e-2', { body: null })]
    expect(await spawned.transport.publish(sent)).toMatchObject([{ accepted: true }, { accepted: true }])
    const taken = await take(subscription, 2)
    expect(taken.map((delivery) => delivery.message)).toEqual(sent)
    for (const delivery of taken) {
      expect(delivery.message.headers).toBeInstanceOf(Map)
      expect(await subscription.settle([{ delivery, as: 'ack' }])).toEqual(['settled'])
      expect(await subscription.settle([{ delivery, as: 'release' }])).toEqual(['settled'])
    }
  })

  it('gives errors their class back', async () => {
    const { transport } = await member()
    const [outcome] = await transport.publish([message('e-1', { topic: 'nowhere' })])
    expect(outcome).toMatchObject({ accepted: false, error: { code: 'unknown-topic', retryable: false } })
    await expect(
      transport.topology.ensure({ topics: [{ name: 'a/b', ordered: false }], groups: [] }),
    ).rejects.toMatchObject({ name: 'InvalidNameError', code: 'invalid-name' })
    await transport.close()
    await expect(transport.publish([message('e-2')])).rejects.toMatchObject({ code: 'transport-closed' })
  })

  it('answers plan() at once, without asking the child', async () => {
    const { transport } = await member()
    const plan = transport.topology.plan({ topics: [{ name: 'new', ordered: true }], groups: [] })
    expect(plan.steps).toHaveLength(1)
  })

  it('ends the iterator when the subscription closes or its signal aborts', async () => {
    const spawned = await member()
    const abort = new AbortController()
    for (const [subscription, end] of [
      [await subscribe(spawned), (closing: Subscription) => closing.close()],
      [await subscribe(spawned, abort.signal), () => abort.abort()],
    ] as const) {
      const batches: unknown[] = []
      const read = (async () => {
        for await (const batch of subscription) batches.push(batch)
      })()
      await end(subscription)
      await read
      expect(batches).toEqual([])
    }
  })

  it('tells when a lease is over', async () => {
    const spawned = await member()
    const subscription = await subscribe(spawned)
    await spawned.transport.publish([message('e-1')])
    const [delivery] = (await take(subscription, 1)) as [Delivery]
    expect(delivery.lease.aborted).toBe(false)
    await subscription.close()
    await expect.poll(() => delivery.lease.aborted).toBe(true)
    expect(await subscription.settle([{ delivery, as: 'ack' }])).toEqual(['lost'])
  })

  it('browses, replays and discards dead letters by a function of this process', async () => {
    const spawned = await member()
    const subscription = await subscribe(spawned)
    const ids = ['e-1', 'e-2', 'e-3', 'e-4']
    await spawned.transport.publish(ids.map((id) => message(id)))
    const taken = await take(subscription, ids.length)
    await subscription.settle(
      taken.map((delivery) => ({ delivery, as: 'dead-letter', failure: failure(delivery) }) as const),
    )
    const letters = spawned.transport.deadLetters(group.name)
    const seen: string[] = []
    for await (const letter of letters.browse({ match: ({ message }) => message.id > 'e-1', limit: 2 })) {
      seen.push(letter.message.id)
    }
    expect(seen).toEqual(['e-2', 'e-3'])
    expect(await letters.replay(({ message }) => message.id === 'e-2')).toBe(1)
    expect((await take(subscription, 1)).map(({ message }) => message.id)).toEqual(['e-2'])
    expect(await letters.discard(({ message }) => message.id === 'e-3')).toBe(1)
    expect(await letters.count()).toBe(2)
    await letters.purge()
    expect(await letters.count()).toBe(0)
  })

  it('answers nothing while it is paused, and everything when it is resumed', async () => {
    const spawned = await member()
    await spawned.pause()
    let answered = false
    const probing = spawned.transport.probe().then(() => {
      answered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(answered).toBe(false)
    await spawned.resume()
    await probing
    expect(answered).toBe(true)
  })

  it('is gone after a crash: calls reject and iterators end', async () => {
    const spawned = await member()
    const subscription = await subscribe(spawned)
    const reading = (async () => {
      for await (const _batch of subscription) throw new Error('nothing was published')
    })()
    const inFlight = spawned.transport.publish([message('e-1', { body: new Uint8Array(500_000) })])
    const lost = expect(inFlight).rejects.toMatchObject({ code: 'connection-failed' })
    await spawned.crash()
    await lost
    await reading
    await expect(spawned.transport.probe()).rejects.toMatchObject({ code: 'connection-failed' })
    await spawned.dispose()
  })

  it('disposes of a member that is paused, and twice', async () => {
    const spawned = await member()
    await spawned.pause()
    await spawned.dispose()
    await spawned.dispose()
  })

  it('measures the memory that its process holds', async () => {
    const spawned = await member()
    expect(await spawned.memoryBytes()).toBeGreaterThan(1_000_000)
  })

  it('rejects with what the child wrote when its module can not be loaded', async () => {
    const broken = `data:text/javascript,export const createTransport = () => {
      if (process.argv[1].includes('/child.')) throw new Error('no such adapter')
    }`
    await expect(spawnMember({ module: broken })).rejects.toThrow('no such adapter')
  })
})
