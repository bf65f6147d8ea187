import { setTimeout as delay } from 'node:timers/promises'
import { type Case, defineCase } from '../../harness/case.ts'
import { byBus, byKafkajs, draining } from './backlog.ts'
import { partitions } from './server.ts'

const suite = 'kafka'
const unit = 'events/s'
const handlerMs = 1
/** Room for two record batches of each partition; the default has room for one of them all: a batch of the backlog has 250. */
const amplePrefetch = 2_048

/** A backlog in four partitions, read by one member of a new group. */
export const consumeCases: readonly Case[] = [
  defineCase({
    suite,
    case: 'consume',
    unit,
    events: 50_000,
    rounds: 3,
    warmUpRounds: 1,
    bar: { of: 'ratio', atLeast: 0.85 },
    subjects: draining({
      raw: byKafkajs((onEvent) => ({
        eachBatch: async ({ batch }) => {
          for (let left = batch.messages.length; left > 0; left--) onEvent()
        },
      })),
      eventspine: byBus((onEvent) => onEvent()),
      [`prefetch-${amplePrefetch}`]: byBus((onEvent) => onEvent(), { prefetch: amplePrefetch }),
      'JSON.parse': byKafkajs((onEvent) => ({
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) {
            JSON.parse(String(value))
            onEvent()
          }
        },
      })),
    }),
  }),
  defineCase({
    suite,
    case: 'consume-16-keys-1ms',
    unit,
    events: 12_000,
    rounds: 3,
    warmUpRounds: 1,
    bar: { of: 'ratio', atLeast: 3 },
    subjects: draining({
      raw: byKafkajs((onEvent) => ({
        partitionsConsumedConcurrently: partitions,
        eachMessage: () => delay(handlerMs).then(onEvent),
      })),
      eventspine: byBus((onEvent) => delay(handlerMs).then(onEvent)),
      [`prefetch-${amplePrefetch}`]: byBus((onEvent) => delay(handlerMs).then(onEvent), { prefetch: amplePrefetch }),
    }),
  }),
]
