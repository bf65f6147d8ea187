import type { Settlement, SettleResult, Subscription } from '../../../transport/subscription.ts'
import type { Transport } from '../../../transport/transport.ts'
import type { Member } from '../harness.ts'

/** What `transport` does, but for what `change` does. */
export function layered(transport: Transport, change: Partial<Transport>): Transport {
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

/** A member's transport as a bus wants it: it is connected already, so the first `connect` has its answer at hand. */
export function transportOf({ transport, capabilities }: Member): Transport {
  let fresh = true
  return layered(transport, {
    connect: async (signal) => {
      const answer = fresh ? capabilities : await transport.connect(signal)
      fresh = false
      return answer
    },
    close: () => {
      fresh = false
      return transport.close()
    },
  })
}

type SubscriptionChange = Partial<Omit<Subscription, 'note'>>

/** The same for one subscription. */
export function layeredSubscription(subscription: Subscription, change: SubscriptionChange): Subscription {
  const note: Subscription['note'] = subscription.note?.bind(subscription)
  return {
    [Symbol.asyncIterator]: () => subscription[Symbol.asyncIterator](),
    settle: (settlements) => subscription.settle(settlements),
    ...(note === undefined ? {} : { note }),
    stop: () => subscription.stop(),
    close: () => subscription.close(),
    ...change,
  }
}

/** Tells of each settlement when it is asked for and, with its result, when it is answered. */
export function watchSettlements(
  transport: Transport,
  tell: (settlement: Settlement, result: SettleResult | undefined) => void,
): Transport {
  return layered(transport, {
    subscribe: async (options) => {
      const subscription = await transport.subscribe(options)
      return layeredSubscription(subscription, {
        settle: async (settlements) => {
          for (const settlement of settlements) tell(settlement, undefined)
          const results = await subscription.settle(settlements)
          settlements.forEach((settlement, index) => {
            tell(settlement, results[index])
          })
          return results
        },
      })
    },
  })
}
