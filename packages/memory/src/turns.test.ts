import { expect, it } from 'vitest'
import { memoryTransport } from './transport.ts'
import { Turns } from './turns.ts'

it('lets a publisher in a loop leave room for everything else that waits to run', async () => {
  const transport = memoryTransport()
  await transport.connect()
  await transport.topology.ensure({ topics: [{ name: 'readings', ordered: false }], groups: [] })
  let others = 0
  const other = setInterval(() => others++, 0)
  for (let i = 0; i < 50 && others === 0; i++) {
    const message = { topic: 'readings', source: '/test', headers: new Map(), body: null }
    await transport.publish(Array.from({ length: 1_000 }, (_, at) => ({ ...message, id: `${i}-${at}` })))
  }
  clearInterval(other)
  expect(others).toBeGreaterThan(0)
  await transport.close()
})

it('lets a consumer of a long backlog leave room too', async () => {
  const group = { name: 'readers', topics: ['readings'], ordered: false, startAt: 'available' } as const
  const transport = memoryTransport()
  await transport.connect()
  await transport.topology.ensure({ topics: [{ name: 'readings', ordered: false }], groups: [group] })
  const message = { topic: 'readings', source: '/test', headers: new Map(), body: null }
  await transport.publish(Array.from({ length: 5_000 }, (_, at) => ({ ...message, id: `${at}` })))
  const subscription = await transport.subscribe({ group, prefetch: 100, prefetchBytes: 1_000_000, leaseMs: 30_000 })
  let seen = 0
  let seenByOther: number | undefined
  setImmediate(() => {
    seenByOther = seen
  })
  for await (const deliveries of subscription) {
    seen += deliveries.length
    await subscription.settle(deliveries.map((delivery) => ({ delivery, as: 'ack' })))
    if (seen === 5_000) break
  }
  expect(seenByOther).toBeLessThan(5_000)
  await transport.close()
})

it('takes no turn for a few', () => {
  const turns = new Turns()
  turns.count(999)
  expect(turns.due()).toBeUndefined()
})
