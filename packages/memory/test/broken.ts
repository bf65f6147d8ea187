import type { Network, TransportHarness } from '@eventspine/core/testing'
import type { Delivery, Settlement, Subscription, Transport } from '@eventspine/core/transport'

type SubscriptionChange = Partial<{
  /** What becomes of a batch on its way to the reader. */
  batch: (batch: readonly Delivery[]) => readonly Delivery[]
  settle: (settlements: readonly Settlement[], subscription: Subscription) => ReturnType<Subscription['settle']>
  note: NonNullable<Subscription['note']>
  stop: (subscription: Subscription) => Promise<void>
  /** Whether the iterator ends before it has. */
  ends: () => Promise<boolean>
}>

/** A transport that does what `transport` does, but for what is given. */
function transportLike(transport: Transport, change: Partial<Transport>): Transport {
  return {
    name: transport.name,
    topology: transport.topology,
    connect: (signal) => transport.connect(signal),
    publish: (messages, options) => transport.publish(messages, options),
    subscribe: (options) => transport.subscribe(options),
    deadLetters: (group) => transport.deadLetters(group),
    probe: () => transport.probe(),
    close: () => transport.close(),
    ...change,
  }
}

/** The same for each subscription. Deliveries that `batch` copies are settled as what they were copied from. */
export function subscribing(transport: Transport, change: SubscriptionChange): Partial<Transport> {
  return {
    subscribe: async (options) => subscriptionLike(await transport.subscribe(options), change),
  }
}

const originals = new WeakMap<Delivery, Delivery>()

export function copy(delivery: Delivery, change: Partial<Delivery>): Delivery {
  const { message, attempt, redelivered, partition, lease } = delivery
  const copied = { message, attempt, redelivered, ...(partition !== undefined && { partition }), lease, ...change }
  originals.set(copied, delivery)
  return copied
}

export function subscriptionLike(subscription: Subscription, change: SubscriptionChange): Subscription {
  const restore = (settlement: Settlement): Settlement => ({
    ...settlement,
    delivery: originals.get(settlement.delivery) ?? settlement.delivery,
  })
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of subscription) {
        if (await change.ends?.()) return
        yield change.batch?.(batch) ?? batch
      }
    },
    settle: (settlements) => {
      const restored = settlements.map(restore)
      return change.settle?.(restored, subscription) ?? subscription.settle(restored)
    },
    note: change.note ?? ((delivery, attempt) => subscription.note?.(originals.get(delivery) ?? delivery, attempt)),
    stop: () => change.stop?.(subscription) ?? subscription.stop(),
    close: () => subscription.close(),
  }
}

/** The harness with every member's transport broken in the same way. */
export function breaking(
  harness: TransportHarness,
  breakIt: (transport: Transport) => Partial<Transport>,
  breakNetwork: (network: Network) => Partial<Network> = () => ({}),
): TransportHarness {
  return {
    ...harness,
    connect: async (options) => {
      const member = await harness.connect(options)
      return {
        ...member,
        transport: transportLike(member.transport, breakIt(member.transport)),
        network: { ...member.network, ...breakNetwork(member.network) },
      }
    },
  }
}
