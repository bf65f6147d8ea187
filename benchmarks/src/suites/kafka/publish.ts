import { type Bus, createBus } from '@eventspine/core'
import type { Producer } from 'kafkajs'
import { type Case, defineCase, type Subject } from '../../harness/case.ts'
import { median } from '../../harness/statistics.ts'
import { concurrently, perSecond } from '../../harness/work.ts'
import { orderAt, ordersOn, source } from '../core/orders.ts'
import { batchSize, connectProducer, recordAt, recordsFrom } from './by-kafkajs.ts'
import { freshName, kafkaUrl } from './server.ts'

type Orders = ReturnType<typeof ordersOn>

async function openBus(orders: Orders): Promise<Bus> {
  const bus = await createBus({ source, transport: await kafkaUrl(), events: [orders] })
  await bus.start()
  return bus
}

/** kafkajs makes no partitioned topic by itself. */
async function makeTopic(orders: Orders): Promise<void> {
  const bus = await openBus(orders)
  await bus.stop()
}

function byKafkajs(round: (producer: Producer, topic: string, events: number) => Promise<number>): Subject {
  return async ({ events }) => {
    const orders = ordersOn(freshName('raw'))
    await makeTopic(orders)
    const producer = await connectProducer()
    return { round: () => round(producer, orders.topic, events), close: () => producer.disconnect() }
  }
}

function byBus(round: (bus: Bus, orders: Orders, events: number) => Promise<number>): Subject {
  return async ({ events }) => {
    const orders = ordersOn(freshName('eventspine'))
    const bus = await openBus(orders)
    return { round: () => round(bus, orders, events), close: () => bus.stop() }
  }
}

/** The median of `events` lone publishes, in milliseconds. */
async function lone(events: number, publish: (index: number) => Promise<unknown>): Promise<number> {
  const millis: number[] = []
  for (let i = 0; i < events; i++) {
    const startedAt = performance.now()
    await publish(i)
    millis.push(performance.now() - startedAt)
  }
  return median(millis)
}

const suite = 'kafka'
const callers = 1_000
/** It takes so much longer that a share of the events tells as much. */
const mostOneByOne = 2_000

/** Publishing alone, on a topic that no group reads, confirmed by all replicas. */
export const publishCases: readonly Case[] = [
  defineCase({
    suite,
    case: 'publish-concurrent',
    unit: 'events/s',
    events: 20_000,
    rounds: 7,
    bar: { of: 'ratio', atLeast: 0.9 },
    subjects: {
      raw: byKafkajs((producer, topic, events) =>
        perSecond(events, async () => {
          for (let at = 0; at < events; at += batchSize) {
            await producer.send({ topic, messages: recordsFrom(at, events) })
          }
        }),
      ),
      eventspine: byBus((bus, orders, events) =>
        perSecond(events, () => concurrently(callers, events, (i) => bus.publish(orders, orderAt(i)))),
      ),
      'one-by-one': byKafkajs((producer, topic, events) => {
        const sends = Math.min(events, mostOneByOne)
        return perSecond(sends, () =>
          concurrently(callers, sends, (i) => producer.send({ topic, messages: [recordAt(i)] })),
        )
      }),
    },
  }),
  defineCase({
    suite,
    case: 'publish-lone',
    unit: 'ms',
    events: 200,
    bar: { of: 'ratio', atMost: 1.1 },
    subjects: {
      raw: byKafkajs((producer, topic, events) =>
        lone(events, (i) => producer.send({ topic, messages: [recordAt(i)] })),
      ),
      eventspine: byBus((bus, orders, events) => lone(events, (i) => bus.publish(orders, orderAt(i)))),
    },
  }),
]
