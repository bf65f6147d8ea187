import { type Delivery, InvalidMessageError, type Transport } from '@eventspine/core/transport'
import type { Like } from '@eventspine/memory'
import { describe, expect, it } from 'vitest'
import { breaking, copy, subscribing, subscriptionLike } from './broken.ts'
import { memoryHarness } from './harness.ts'
import { testsOf } from './recorded.ts'

interface Mutant {
  /** What is wrong with it, as a sentence that begins with "a transport that". */
  readonly what: string
  /** The clause that must find it. */
  readonly clause: string
  readonly like?: Like
  /** What the suite says of it. */
  readonly complaint: RegExp
  readonly breakIt: (transport: Transport) => Partial<Transport>
}

const acks = new WeakSet<Delivery>()

const mutants: readonly Mutant[] = [
  {
    what: 'loses a message and reports it as accepted',
    clause: 'C06',
    complaint: /1 missing/,
    breakIt: (transport) => ({
      publish: async (messages) => {
        const outcomes = await transport.publish(messages.filter((_, at) => at !== 7))
        return outcomes.length === messages.length ? outcomes : outcomes.toSpliced(7, 0, { accepted: true })
      },
    }),
  },
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
    what: 'loses a header',
    clause: 'C01',
    complaint: /ce_specversion/,
    breakIt: (transport) => ({
      publish: (messages) =>
        transport.publish(messages.map((message) => ({ ...message, headers: new Map([...message.headers].slice(1)) }))),
    }),
  },
  {
    what: 'takes no body for an empty one',
    clause: 'C02',
    complaint: /no body/,
    breakIt: (transport) => ({
      publish: (messages) =>
        transport.publish(messages.map((message) => ({ ...message, body: message.body ?? new Uint8Array() }))),
    }),
  },
  {
    what: 'mends broken text instead of refusing it',
    clause: 'C02',
    complaint: /a lone surrogate in the key/,
    breakIt: (transport) => ({
      publish: (messages) =>
        transport.publish(
          messages.map(({ key, ...rest }) => ({ ...rest, ...(key !== undefined && { key: key.toWellFormed() }) })),
        ),
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
    what: 'reports a refused message as accepted',
    clause: 'C12',
    complaint: /unknown-topic/,
    breakIt: (transport) => ({
      publish: async (messages) => (await transport.publish(messages)).map(() => ({ accepted: true })),
    }),
  },
  {
    what: 'accepts an unknown topic by creating it',
    clause: 'C14',
    complaint: /unknown-topic/,
    breakIt: (transport) => ({
      publish: async (messages) => {
        const topics = [...new Set(messages.map(({ topic }) => topic))].map((name) => ({ name, ordered: false }))
        await transport.topology.ensure({ topics, groups: [] })
        return transport.publish(messages)
      },
    }),
  },
  {
    what: 'tells of unheard messages where it can not know',
    clause: 'C14',
    like: 'kafka',
    complaint: /false == true|outcome/,
    breakIt: (transport) => ({
      publish: async (messages) =>
        (await transport.publish(messages)).map((outcome) => ({ ...outcome, unheard: true })),
    }),
  },
  {
    what: 'fails the neighbours of an oversize message',
    clause: 'C15',
    complaint: /message-too-large/,
    breakIt: (transport) => ({
      publish: async (messages) => {
        if (messages.every(({ body }) => (body?.byteLength ?? 0) < 1_000_000)) return transport.publish(messages)
        return messages.map(() => ({ accepted: false, error: new InvalidMessageError('the batch is too large') }))
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
    what: 'closes before its publishes are confirmed',
    clause: 'C33',
    complaint: /every publish in flight is confirmed/,
    breakIt: (transport) => ({
      publish: async (messages) => {
        const outcomes = await transport.publish(messages)
        await new Promise((resolve) => setTimeout(resolve, 20))
        return outcomes
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
    what: 'creates what it should only look for',
    clause: 'C35',
    complaint: /verify\(\) creates no group/,
    breakIt: (transport) => ({
      topology: {
        ...transport.topology,
        plan: (topology) => transport.topology.plan(topology),
        ensure: (topology) => transport.topology.ensure(topology),
        verify: (topology) => transport.topology.ensure(topology),
      },
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

/** Runs the tests of one clause, and tells what failed. */
async function failuresOf({ clause, like, breakIt }: Omit<Mutant, 'what' | 'complaint'>): Promise<string[]> {
  const healthy = memoryHarness(like)
  const impatient = { ...healthy, timing: { ...healthy.timing, patienceMs: 500 } }
  const tests = await testsOf(breaking(impatient, breakIt), { limitMs: 10_000, backlog: 1_000 })
  const failures: string[] = []
  for (const { title, run } of tests.filter((test) => test.title.startsWith(clause))) {
    await run().catch((error: Error) => failures.push(`${title}: ${error.message}`))
  }
  return failures
}

describe('the conformance suite goes red for a transport that', () => {
  for (const mutant of mutants) {
    it(`${mutant.what} (${mutant.clause})`, async () => {
      const failures = await failuresOf(mutant)
      expect(failures.join('\n\n')).toMatch(mutant.complaint)
      expect(failures[0]).toMatch(/seed \d+/)
    })
  }

  it('does nothing wrong: never', async () => {
    for (const clause of ['C01', 'C09', 'C14']) expect(await failuresOf({ clause, breakIt: () => ({}) })).toEqual([])
  })
})
