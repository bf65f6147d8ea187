import type { Delivery, Message, Subscription, Transport } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { memoryTransport } from './transport.ts'

const message = (id: string, key?: string): Message => ({
  topic: 'orders',
  id,
  source: 'https://shop.example',
  ...(key !== undefined && { key }),
  headers: new Map([['ce_type', 'order.created']]),
  body: new TextEncoder().encode(id),
})

async function started(): Promise<{ transport: Transport; subscription: Subscription }> {
  const transport = memoryTransport()
  await transport.connect()
  const group = { name: 'billing', topics: ['orders'], ordered: true, startAt: 'available' } as const
  await transport.topology.ensure({ topics: [{ name: 'orders', ordered: true }], groups: [] })
  const subscription = await transport.subscribe({ group, prefetch: 100, prefetchBytes: 1_000_000, leaseMs: 1_000 })
  return { transport, subscription }
}

describe('memoryTransport', () => {
  it('delivers what was published and settles it', async () => {
    const { transport, subscription } = await started()
    expect(await transport.publish([message('1', 'a'), message('2', 'a')])).toEqual([
      { accepted: true },
      { accepted: true },
    ])
    const { value } = await subscription[Symbol.asyncIterator]().next()
    const deliveries = value as readonly Delivery[]
    expect(deliveries.map((delivery) => delivery.message)).toEqual([message('1', 'a'), message('2', 'a')])
    expect(await subscription.settle(deliveries.map((delivery) => ({ delivery, as: 'ack' })))).toEqual([
      'settled',
      'settled',
    ])
    await transport.close()
  })
})
