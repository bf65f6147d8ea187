import { connect as dial } from 'node:net'
import { startKafka } from '@eventspine/brokers'
import {
  breaches,
  check,
  createFaultProxy,
  type FaultProxy,
  type Sighting,
  type Verdict,
} from '@eventspine/core/testing'
import type { Message } from '@eventspine/core/transport'
import { kafkaTransport } from '@eventspine/kafka'
import kafkajs, { type Producer } from 'kafkajs'
import { KafkaAdmin } from '../kafka-admin.ts'
import { readTopic } from './read-topic.ts'
import type { FaultRun, FaultTally } from './tally.ts'

const { Kafka, logLevel, Partitioners } = kafkajs

const publishers = 10
const keysEach = 10
const callSize = 10
const partitions = 4
const mostTries = 5
/** Of the broker's answers: each loss takes the connection with it. */
const ratio = 0.01

/** How a publisher sends; resolves when the broker has accepted, rejects when it may try again. */
type Send = (topic: string, messages: readonly Message[]) => Promise<void>

interface Way {
  readonly name: string
  readonly open: (broker: string, proxy: FaultProxy) => Promise<{ send: Send; close: () => Promise<void> }>
}

const ways: readonly Way[] = [
  { name: 'eventspine', open: (broker, proxy) => ours(broker, proxy, true) },
  { name: 'eventspine, not idempotent', open: (broker, proxy) => ours(broker, proxy, false) },
  { name: 'kafkajs, idempotent', open: (_, proxy) => raw(proxy, true) },
  { name: 'kafkajs', open: (_, proxy) => raw(proxy, false) },
]

/** F-K4: answers to publishes get lost under ten publishers. Ours loses, repeats and inverts nothing; kafkajs for comparison. */
export async function runFault({ quick, seed }: FaultRun): Promise<FaultTally> {
  const events = quick ? 10_000 : 100_000
  await using server = await startKafka({ own: true })
  const notes: string[] = []
  let own: Outcome | undefined
  for (const way of ways) {
    const outcome = await run(server.url, way, events, seed)
    own ??= outcome
    const { lost, duplicates, inversions } = outcome.verdict
    const accepted = outcome.accepted === events ? '' : `, stuck after ${outcome.accepted}`
    notes.push(`${way.name}: L=${lost.length} D=${duplicates.length} O=${inversions.length}${accepted}`)
  }
  const { verdict, accepted } = own as Outcome
  const { lost, ghosts, duplicates, inversions } = verdict
  return {
    lost: lost.length,
    ghosts: ghosts.length,
    duplicates: duplicates.length,
    inversions: inversions.length,
    passed: accepted === events && breaches(verdict, { ordered: true }).length === 0,
    note: `${events} events; ${notes.join('; ')}`,
  }
}

interface Outcome {
  readonly verdict: Verdict
  readonly accepted: number
}

async function run(url: string, way: Way, events: number, seed: number): Promise<Outcome> {
  const { host, hostname, port } = new URL(url)
  const topic = `f-k4-${way.name.replaceAll(/[^a-z]+/g, '-')}`
  await new KafkaAdmin(host).createTopic(topic, partitions)
  await using cleanup = new AsyncDisposableStack()
  const proxy = cleanup.adopt(await createFaultProxy({ targetHost: hostname, targetPort: Number(port) }), (each) =>
    each.close(),
  )
  const client = cleanup.adopt(await way.open(host, proxy), ({ close }) => close())
  const published: Sighting[] = []
  proxy.dropResponses({ ratio, seed })
  await Promise.all(
    Array.from({ length: publishers }, (_, publisher) =>
      publish(publisher, events / publishers, topic, client.send, published),
    ),
  )
  proxy.heal()
  return { verdict: check(published, (await readTopic(host, topic)).flat()), accepted: published.length }
}

/** Publishes its own keys in order, a call again until it is accepted. */
async function publish(
  publisher: number,
  count: number,
  topic: string,
  send: Send,
  published: Sighting[],
): Promise<void> {
  for (let at = 0; at < count; at += callSize) {
    const messages = Array.from({ length: callSize }, (_, index): Message => {
      const id = `${publisher}-${at + index}`
      const key = `${publisher}-${(at + index) % keysEach}`
      const headers = new Map([
        ['ce_id', id],
        ['ce_source', '/chaos'],
      ])
      return { topic, id, source: '/chaos', key, headers, body: Buffer.from(`{"n":${at + index}}`) }
    })
    if (!(await sendAgain(() => send(topic, messages)))) return
    published.push(...messages)
  }
}

/** False when the client refuses for good: a producer that has lost count of its sequence never recovers by itself. */
async function sendAgain(send: () => Promise<void>): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries++) {
    const accepted = await send().then(
      () => true,
      () => false,
    )
    if (accepted) return true
  }
  return false
}

async function ours(broker: string, proxy: FaultProxy, idempotent: boolean) {
  const address = `${proxy.host}:${proxy.port}`
  const transport = kafkaTransport({ brokers: [address], addresses: { [broker]: address }, idempotent })
  await transport.connect()
  const send: Send = async (_, messages) => {
    const outcomes = await transport.publish(messages)
    if (outcomes.some(({ accepted }) => accepted !== true)) throw new Error('not accepted')
  }
  return { send, close: () => transport.close() }
}

/** One producer for all, as its documentation has it. */
async function raw(proxy: FaultProxy, idempotent: boolean) {
  const kafka = new Kafka({
    brokers: [`${proxy.host}:${proxy.port}`],
    logLevel: logLevel.NOTHING,
    socketFactory: ({ onConnect }) => dial({ host: proxy.host, port: proxy.port }, onConnect),
  })
  const producer: Producer = kafka.producer({
    idempotent,
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  })
  await connected(producer)
  const send: Send = async (topic, messages) => {
    await producer.send({
      topic,
      acks: -1,
      messages: messages.map(({ key, headers, body }) => ({
        key: key ?? null,
        value: Buffer.from(body ?? []),
        headers: Object.fromEntries(headers),
      })),
    })
  }
  return { send, close: () => producer.disconnect() }
}

/** The coordinator of producer ids loads when it is first asked. */
async function connected(producer: Producer): Promise<void> {
  for (;;) {
    try {
      return await producer.connect()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
