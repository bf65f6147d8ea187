import type { Delivery } from '@eventspine/core/transport'
import { copy, subscribing, subscriptionLike } from '../broken.ts'
import type { Mutant } from './mutant.ts'

const acks = new WeakSet<Delivery>()

export const settlingMutants: readonly Mutant[] = [
  {
    what: 'gives released deliveries back behind newer ones',
    clause: 'C10',
    complaint: /before anything newer/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: async (settlements, subscription) => {
          const released = settlements.filter(({ as }) => as === 'release')
          if (released.length === 0) return subscription.settle(settlements)
          for (const { delivery } of released) {
            await transport.publish([delivery.message])
            await subscription.settle([{ delivery, as: 'ack' }])
          }
          return settlements.map(() => 'settled' as const)
        },
      }),
  },
  {
    what: 'forgets the attempt of a retry',
    clause: 'C18',
    complaint: /retry/,
    breakIt: (transport) => subscribing(transport, { batch: (batch) => batch.map((one) => copy(one, { attempt: 1 })) }),
  },
  {
    what: 'burns an attempt at each release',
    clause: 'C18',
    complaint: /release burns/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: (settlements, subscription) =>
          subscription.settle(
            settlements.map(({ delivery, ...how }) =>
              how.as === 'release'
                ? { delivery, as: 'retry', delayMs: 0, attempt: delivery.attempt + 1 }
                : { delivery, ...how },
            ),
          ),
      }),
  },
  {
    what: 'forgets how a dead letter failed',
    clause: 'C20',
    complaint: /attempts/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: (settlements, subscription) =>
          subscription.settle(
            settlements.map((one) =>
              one.as === 'dead-letter' ? { ...one, failure: { ...one.failure, attempts: 0 } } : one,
            ),
          ),
      }),
  },
  {
    what: 'drops a message whose dead letter it can not write',
    clause: 'C21',
    complaint: /settle\(\) rejects/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: (settlements, subscription) =>
          subscription
            .settle(settlements)
            .catch(() => subscription.settle(settlements.map(({ delivery }) => ({ delivery, as: 'ack' })))),
      }),
  },
  {
    what: 'delivers half of a delay too early',
    clause: 'C23',
    complaint: /ms early/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: (settlements, subscription) =>
          subscription.settle(
            settlements.map((one) => (one.as === 'retry' ? { ...one, delayMs: one.delayMs / 2 } : one)),
          ),
      }),
  },
  {
    what: 'counts the dead letters that it should discard and keeps them',
    clause: 'C24',
    complaint: /discard/,
    breakIt: (transport) => ({
      deadLetters: (group) => {
        const letters = transport.deadLetters(group)
        const count = async (match: Parameters<typeof letters.discard>[0]): Promise<number> => {
          let found = 0
          for await (const _letter of letters.browse({ match })) found += 1
          return found
        }
        return {
          count: () => letters.count(),
          browse: (options) => letters.browse(options),
          replay: (match) => letters.replay(match),
          discard: count,
          purge: () => letters.purge(),
        }
      },
    }),
  },
  {
    what: 'fails a second settlement',
    clause: 'C34',
    complaint: /PRECONDITION_FAILED/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: async (settlements, subscription) => {
          if (settlements.some(({ delivery }) => acks.has(delivery))) throw new Error('PRECONDITION_FAILED')
          for (const { delivery } of settlements) acks.add(delivery)
          return subscription.settle(settlements)
        },
      }),
  },
  {
    what: 'acks what it yields',
    clause: 'C54',
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
    what: 'gives up what it yielded when it stops',
    clause: 'C54',
    complaint: /is still ours/,
    breakIt: (transport) => subscribing(transport, { stop: (subscription) => subscription.close() }),
  },
]
