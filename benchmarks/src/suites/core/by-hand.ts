import type { Event } from '@eventspine/core'
import type { GroupSpec, Subscription, Transport } from '@eventspine/core/transport'
import { decodeOrder } from './codec.ts'
import { OrderCreated } from './orders.ts'

export const billing: GroupSpec = {
  name: 'billing',
  topics: [OrderCreated.topic],
  ordered: true,
  startAt: 'available',
}

/** Connects, and makes the topic and those who read it. */
export async function connectByHand(transport: Transport, groups: readonly GroupSpec[]): Promise<void> {
  await transport.connect()
  await transport.topology.ensure({ topics: [{ name: OrderCreated.topic, ordered: true }], groups })
}

/** With the bounds that a consumer has when nobody sets others. */
export function subscribeByHand(transport: Transport): Promise<Subscription> {
  return transport.subscribe({ group: billing, prefetch: 256, prefetchBytes: 8 * 2 ** 20, leaseMs: 30_000 })
}

/** The simplest loop that a consumer can be: decode, call, ack, batch by batch. Resolves when the subscription ends. */
export async function consumeByHand(subscription: Subscription, handler: (event: Event) => void): Promise<void> {
  for await (const deliveries of subscription) {
    for (const delivery of deliveries) handler(decodeOrder(delivery.message))
    await subscription.settle(deliveries.map((delivery) => ({ delivery, as: 'ack' })))
  }
}
