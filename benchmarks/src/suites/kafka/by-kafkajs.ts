import { randomUUID } from 'node:crypto'
import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs'
import { encodeOrder } from '../core/codec.ts'
import { orderAt } from '../core/orders.ts'
import { kafkaUrl, partitions } from './server.ts'

const { Kafka: Client, logLevel, Partitioners } = kafkajs

export const batchSize = 1_000

export async function kafkajsClient(): Promise<Kafka> {
  const { host } = new URL(await kafkaUrl())
  return new Client({ brokers: [host], clientId: 'raw', logLevel: logLevel.NOTHING })
}

/** Acks are all by default, as ours. */
export async function connectProducer(): Promise<Producer> {
  const client = await kafkajsClient()
  const producer = client.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  return producer
}

const headersOfOrders = Object.fromEntries(encodeOrder(0).headers)

/** The order at `index` as an application would write it by hand: what travels is what Eventspine sends, nothing is validated. */
export function recordAt(index: number): Message {
  const order = orderAt(index)
  return {
    key: order.customer,
    value: JSON.stringify(order),
    headers: { ...headersOfOrders, ce_id: randomUUID(), ce_time: new Date().toISOString() },
  }
}

/** The records of a batch, of `events` from `at` on. */
export function recordsFrom(at: number, events: number): Message[] {
  return Array.from({ length: Math.min(batchSize, events - at) }, (_, i) => recordAt(at + i))
}

/** Spread evenly, each key in one partition: four of the 16 keys in each, so that no partition is a straggler. */
export async function fill(topic: string, events: number): Promise<void> {
  const producer = await connectProducer()
  for (let at = 0; at < events; at += batchSize) {
    const messages = recordsFrom(at, events).map((record, i) => ({ ...record, partition: (at + i) % partitions }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}
