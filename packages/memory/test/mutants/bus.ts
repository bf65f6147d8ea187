import type { Delivery, Message, Settlement, Transport } from '@eventspine/core/transport'
import { TransportClosedError } from '@eventspine/core/transport'
import type { MemoryTransport } from '@eventspine/memory'
import { copy, subscribing } from '../broken.ts'
import type { Mutant } from './mutant.ts'

/** The clauses share their ids with those of a bare transport: `test` is how the one goes on that must find it. */
export interface BusMutant extends Mutant {
  readonly test: string
}

const changing = (transport: Transport, change: (delivery: Delivery, at: number) => Partial<Delivery>) =>
  subscribing(transport, { batch: (batch) => batch.map((one, at) => copy(one, change(one, at))) })

const settling = (transport: Transport, change: (settlement: Settlement) => Settlement) =>
  subscribing(transport, { settle: (settlements, subscription) => subscription.settle(settlements.map(change)) })

const without = ({ headers, ...rest }: Message, ...names: readonly string[]): Message => ({
  ...rest,
  headers: new Map([...headers].filter(([name]) => !names.includes(name))),
})

const orderMutants: readonly BusMutant[] = [
  {
    what: 'tells of another partition with each delivery',
    clause: 'C10',
    test: "the handler of a key's next event",
    complaint: /invoked before the settlement of the event before them/,
    breakIt: (transport) => changing(transport, ({ partition }, at) => ({ partition: `${partition}/${at}` })),
  },
  {
    what: 'turns batches round',
    clause: 'C09',
    test: '1,000 events of 16 keys',
    complaint: /inversions/,
    breakIt: (transport) => subscribing(transport, { batch: (batch) => batch.toReversed() }),
  },
  {
    what: 'sends a batch in the order of its ids, descending',
    clause: 'C12',
    test: 'a batch that is refused in part',
    complaint: /inversions/,
    breakIt: (transport) => ({
      publish: async (messages) => (await transport.publish(messages.toReversed())).toReversed(),
    }),
  },
  {
    what: 'gives up its partitions before their deliveries are settled',
    clause: 'C48',
    test: 'five handovers between processes',
    complaint: /duplicates/,
    breakIt: (transport) => subscribing(transport, { stop: (subscription) => subscription.close() }),
  },
]

const attemptMutants: readonly BusMutant[] = [
  {
    what: 'takes a retry for an ack',
    clause: 'C16',
    test: 'an event whose handler throws comes again',
    complaint: /2 missing/,
    breakIt: (transport) =>
      settling(transport, (one) => (one.as === 'retry' ? { delivery: one.delivery, as: 'ack' } : one)),
  },
  {
    what: 'forgets the attempt of a retry',
    clause: 'C18',
    test: 'attempts are counted from 1 over the retries of an unordered group',
    complaint: /10 missing/,
    breakIt: (transport) => changing(transport, () => ({ attempt: 1 })),
  },
  {
    what: 'forgets the attempts that failed in place',
    clause: 'C18',
    test: 'attempts that failed in place are as known after a crash',
    complaint: /1 !== 3/,
    breakIt: (transport) => subscribing(transport, { note: () => {} }),
  },
  {
    what: 'burns an attempt at each release',
    clause: 'C29',
    test: 'when the grace is over',
    complaint: /no attempt is burnt/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: (settlements, subscription) => {
          for (const { delivery, as } of settlements) {
            if (as === 'release') subscription.note?.(delivery, delivery.attempt)
          }
          return subscription.settle(settlements)
        },
      }),
  },
]

const letterMutants: readonly BusMutant[] = [
  {
    what: 'forgets the class of the error of a dead letter',
    clause: 'C19',
    test: 'an event is a dead letter after its last attempt',
    complaint: /CardDeclinedError/,
    breakIt: (transport) =>
      settling(transport, (one) =>
        one.as === 'dead-letter' ? { ...one, failure: { ...one.failure, name: 'Error' } } : one,
      ),
  },
  {
    what: 'drops an event whose dead letter it can not write',
    clause: 'C21',
    test: 'a dead letter that can not be written is tried again',
    complaint: /two failures to write the dead letter/,
    breakIt: (transport) =>
      subscribing(transport, {
        settle: (settlements, subscription) =>
          subscription
            .settle(settlements)
            .catch(() => subscription.settle(settlements.map(({ delivery }) => ({ delivery, as: 'ack' })))),
      }),
  },
  {
    what: 'acks what can not be read',
    clause: 'C25',
    test: 'what can not be read is a dead letter',
    complaint: /4 dead letters/,
    breakIt: (transport) =>
      settling(transport, (one) => (one.as === 'dead-letter' ? { delivery: one.delivery, as: 'ack' } : one)),
  },
  {
    what: 'loses the trace and the correlation of an event',
    clause: 'C44',
    test: 'source, correlation, causation and trace',
    complaint: /visit-1/,
    breakIt: (transport) =>
      changing(transport, ({ message }) => ({
        message: without(message, 'traceparent', 'ce_traceparent', 'ce_correlationid'),
      })),
  },
  {
    what: 'replays a dead letter under a new id',
    clause: 'C46',
    test: 'the id of an event is kept',
    complaint: /1 missing/,
    breakIt: (transport) => ({
      deadLetters: (group) => {
        const letters = transport.deadLetters(group)
        return {
          count: () => letters.count(),
          browse: (options) => letters.browse(options),
          discard: (match) => letters.discard(match),
          purge: () => letters.purge(),
          async replay(match) {
            for await (const { message } of letters.browse({ match })) {
              const id = `${message.id}-again`
              await transport.publish([{ ...message, id, headers: new Map([...message.headers, ['ce_id', id]]) }])
            }
            return letters.discard(match)
          },
        }
      },
    }),
  },
]

const lifeMutants: readonly BusMutant[] = [
  {
    what: 'can not be connected again',
    clause: 'C27',
    test: 'a bus starts, stops and starts again',
    complaint: /closed for good/,
    breakIt: () => ({ connect: () => Promise.reject(new TransportClosedError('closed for good')) }),
  },
  {
    what: 'gives up what it yielded when it stops',
    clause: 'C28',
    test: 'a stop waits for running handlers',
    complaint: /no signal aborts before the grace is over/,
    breakIt: (transport) => subscribing(transport, { stop: (subscription) => subscription.close() }),
  },
  {
    what: 'takes all that there is, whatever was asked for',
    clause: 'C37',
    test: 'a busy member holds what it asked for',
    complaint: /the peer to handle the rest/,
    breakIt: (transport) => ({ subscribe: (options) => transport.subscribe({ ...options, prefetch: 1_000 }) }),
  },
  {
    what: 'does not renew its leases',
    clause: 'C42',
    test: 'a handler that takes three leases',
    complaint: /duplicates/,
    breakIt: (transport) => ({
      subscribe: async (options) => {
        const subscription = await transport.subscribe(options)
        setTimeout(() => (transport as MemoryTransport).faults.loseLeases(), options.leaseMs)
        return subscription
      },
    }),
  },
  {
    what: 'keeps for ever what a dead member held',
    clause: 'C43',
    test: 'the handlers of its peers finish',
    complaint: /missing/,
    breakIt: (transport) => ({ subscribe: (options) => transport.subscribe({ ...options, leaseMs: 1e9 }) }),
  },
  {
    what: 'never says that its broker is back',
    clause: 'C45',
    test: 'a bus is unhealthy within 10 s when its broker is away',
    complaint: /the bus to be healthy/,
    breakIt: (transport) => {
      let wasDown = false
      return {
        async probe() {
          const health = await transport.probe()
          wasDown ||= health.status === 'down'
          return wasDown ? { ...health, status: 'down' } : health
        },
      }
    },
  },
  {
    what: 'does not tell of redeliveries',
    clause: 'C53',
    test: 'the only dead letter of an ordered group',
    complaint: /only the poison is a dead letter/,
    breakIt: (transport) => changing(transport, () => ({ redelivered: 0 })),
  },
  {
    what: 'exaggerates redeliveries',
    clause: 'C53',
    test: 'the only dead letter of an unordered group',
    complaint: /only the poison is a dead letter/,
    breakIt: (transport) => changing(transport, ({ redelivered }) => ({ redelivered: redelivered * 6 })),
  },
]

export const busMutants: readonly BusMutant[] = [...orderMutants, ...attemptMutants, ...letterMutants, ...lifeMutants]
