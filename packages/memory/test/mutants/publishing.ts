import { InvalidMessageError } from '@eventspine/core/transport'
import type { Mutant } from './mutant.ts'

export const publishingMutants: readonly Mutant[] = [
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
]
