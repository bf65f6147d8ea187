import type { Subscription } from '@eventspine/core/transport'
import { copy, subscribing, subscriptionLike } from '../broken.ts'
import type { Mutant } from './mutant.ts'

/** Groups that somebody works for. */
const workers = new Set<string>()

function idle(): Subscription {
  const end = Promise.withResolvers<void>()
  return {
    // biome-ignore lint/correctness/useYield: it never has anything.
    async *[Symbol.asyncIterator]() {
      await end.promise
    },
    settle: async () => [],
    stop: async () => end.resolve(),
    close: async () => end.resolve(),
  }
}

export const faultMutants: readonly Mutant[] = [
  {
    what: 'confirms what the broker has not got yet',
    clause: 'C13',
    complaint: /missing/,
    breakIt: (transport) => ({
      publish: async (messages) => {
        const { incidents } = await transport.probe()
        setTimeout(async () => {
          if ((await transport.probe()).incidents.length === incidents.length) await transport.publish(messages)
        }, 5)
        return messages.map(() => ({ accepted: true }))
      },
    }),
  },
  {
    what: 'forgets the attempts that failed in place',
    clause: 'C18',
    complaint: /attempts that failed in place are known after a crash/,
    breakIt: (transport) => subscribing(transport, { note: () => {} }),
  },
  {
    what: 'ends its iterators when the connection is lost',
    clause: 'C39',
    complaint: /missing/,
    breakIt: (transport) =>
      subscribing(transport, { ends: async () => (await transport.probe()).incidents.length > 0 }),
  },
  {
    what: 'does not notice a half-open socket',
    clause: 'C40',
    complaint: /all of 10 messages: 10 missing/,
    network: (network) => ({ blackHole: () => network.blackHole() }),
  },
  {
    what: 'does not tell that its group was deleted',
    clause: 'C41',
    complaint: /probe\(\) to tell of the revocation/,
    breakIt: () => ({ probe: async () => ({ status: 'up', incidents: [] }) }),
  },
  {
    what: 'acks what it yields, before a crash',
    clause: 'C43',
    complaint: /missing/,
    breakIt: (transport) => ({
      subscribe: async (options) => {
        const subscription = await transport.subscribe(options)
        return subscriptionLike(subscription, {
          batch: (batch) => {
            void subscription.settle(batch.map((delivery) => ({ delivery, as: 'ack' })))
            return batch
          },
        })
      },
    }),
  },
  {
    what: 'gives up its partitions before their deliveries are settled',
    clause: 'C48',
    complaint: /duplicates/,
    breakIt: (transport) => subscribing(transport, { stop: (subscription) => subscription.close() }),
  },
  {
    what: 'lets one member of an ordered group do all the work',
    clause: 'C49',
    complaint: /each of 2 members to own its share/,
    breakIt: (transport) => ({
      subscribe: async (options) => {
        const { name } = options.group
        if (workers.has(name)) return idle()
        workers.add(name)
        return transport.subscribe(options)
      },
    }),
  },
  {
    what: 'goes on yielding what it holds no lease for',
    clause: 'C50',
    complaint: /lease of the paused owner/,
    breakIt: (transport) =>
      subscribing(transport, {
        batch: (batch) => batch.map((one) => copy(one, { lease: new AbortController().signal })),
      }),
  },
  {
    what: 'says settled of what it lost',
    clause: 'C55',
    complaint: /lost/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: async (settlements, subscription) => {
          await subscription.settle(settlements)
          return settlements.map(() => 'settled')
        },
      }),
  },
]
