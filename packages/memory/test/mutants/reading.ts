import { copy, subscribing } from '../broken.ts'
import type { Mutant } from './mutant.ts'

export const readingMutants: readonly Mutant[] = [
  {
    what: 'delivers a message twice',
    clause: 'C07',
    complaint: /duplicates/,
    breakIt: (transport) =>
      subscribing(transport, { batch: (batch) => [...batch, ...batch.slice(0, 1).map((one) => copy(one, {}))] }),
  },
  {
    what: 'turns batches round',
    clause: 'C09',
    complaint: /inversions/,
    breakIt: (transport) => subscribing(transport, { batch: (batch) => batch.toReversed() }),
  },
  {
    what: 'serves an ordered group of an unordered topic',
    clause: 'C09',
    complaint: /expected a rejection with topology-mismatch/,
    breakIt: (transport) => ({
      subscribe: (options) =>
        transport
          .subscribe(options)
          .catch(() => transport.subscribe({ ...options, group: { ...options.group, ordered: false } })),
    }),
  },
  {
    what: 'starts a new group at what is available when it asks for the latest',
    clause: 'C08',
    complaint: /ghosts/,
    breakIt: (transport) => ({
      subscribe: (options) => transport.subscribe({ ...options, group: { ...options.group, startAt: 'available' } }),
    }),
  },
  {
    what: 'degrades a start position that it can not give',
    clause: 'C08',
    like: 'rabbitmq',
    complaint: /expected a rejection with unsupported/,
    breakIt: (transport) => ({
      subscribe: (options) => transport.subscribe({ ...options, group: { ...options.group, startAt: 'available' } }),
    }),
  },
  {
    what: 'ignores the prefetch',
    clause: 'C38',
    complaint: /with a prefetch of 20/,
    breakIt: (transport) => ({ subscribe: (options) => transport.subscribe({ ...options, prefetch: 1_000 }) }),
  },
  {
    what: 'reads the first topic of its group only',
    clause: 'C52',
    complaint: /both topics to be served/,
    breakIt: (transport) => ({
      subscribe: (options) =>
        transport.subscribe({ ...options, group: { ...options.group, topics: options.group.topics.slice(0, 1) } }),
    }),
  },
]
