import assert from 'node:assert/strict'
import { type Clause, clause, type Family } from '../clause.ts'
import { facts } from '../messages.ts'
import type { Scene } from '../scene.ts'

async function roundTrip(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const sent = scene.messages(topic, 100, { keys: 7, bytes: 300 })
  await scene.publish(sent)
  await got.completes(sent)

  const arrived = new Map(got.deliveries.map(({ message }) => [message.id, facts(message)]))
  for (const message of sent) assert.deepEqual(arrived.get(message.id), facts(message))
  for (const { attempt, redelivered } of got.deliveries)
    assert.deepEqual({ attempt, redelivered }, { attempt: 1, redelivered: 0 })
}

async function streamEnds(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const sent = scene.messages(topic, 3)
  const stopped = await scene.consume(scene.group(topic))
  const closed = await scene.consume(scene.group(topic))
  await scene.publish(sent)
  await Promise.all([stopped.gets(sent), closed.gets(sent)])
  for (const { subscription, ended } of stopped.readers) {
    await subscription.stop()
    await ended
  }
  await closed.close()
  assert.deepEqual([...stopped.errors, ...closed.errors], [])
}

async function topicsStayApart(scene: Scene): Promise<void> {
  const [left, right] = await scene.topics(2)
  const ofLeft = await scene.consume(scene.group(left))
  const ofRight = await scene.consume(scene.group(right))
  const toLeft = scene.messages(left, 50)
  const toRight = scene.messages(right, 50)
  await scene.publish([...toLeft, ...toRight])
  await ofLeft.completes(toLeft)
  await ofRight.completes(toRight)
  assert.ok(ofLeft.arrivals.all.every((arrival) => arrival.topic === left))
}

async function manyTopics(scene: Scene): Promise<void> {
  const topics = await scene.topics(20)
  await Promise.all(
    topics.map(async (topic) => {
      const got = await scene.consume(scene.group(topic))
      const sent = scene.messages(topic, 100, { keys: 5 })
      await scene.publish(sent)
      await got.completes(sent)
    }),
  )
}

async function groupOfManyTopics(scene: Scene): Promise<void> {
  const topics = await scene.topics(5)
  const got = await scene.consume(scene.group(topics))
  const sent = topics.flatMap((topic) => scene.messages(topic, 20))
  await scene.publish(sent)
  await got.completes(sent)
}

async function manySubscribers(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = scene.consumption(scene.group(topic))
  await Promise.all(Array.from({ length: 50 }, () => got.join()))
  const sent = scene.messages(topic, 5_000)
  await scene.publish(sent)
  await got.gets(sent)
}

async function groupsEachGetAll(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const groups = [await scene.consume(scene.group(topic)), await scene.consume(scene.group(topic))]
  const sent = scene.messages(topic, 50)
  await scene.publish(sent)
  for (const got of groups) await got.completes(sent)
}

async function membersCompete(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = scene.consumption(scene.group(topic))
  for (const on of await scene.members(3)) await got.join({ on })
  const sent = scene.messages(topic, 600, { keys: 30 })
  await scene.publish(sent)
  await got.completes(sent)
}

async function identitySurvives(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) =>
      delivery.attempt === 1
        ? { delivery, as: 'retry', delayMs: scene.capabilities.retryDelay.minMs, attempt: 2 }
        : { delivery, as: 'ack' },
  })
  const sent = scene.messages(topic, 10, { keys: 3 })
  await scene.publish(sent)
  await got.count(20)
  const second = got.deliveries.filter((delivery) => delivery.attempt === 2).map(({ message }) => message)
  const known = new Map(sent.map((message) => [message.id, facts(message)]))
  assert.equal(second.length, sent.length)
  for (const message of second) assert.deepEqual(facts(message), known.get(message.id))
}

async function mixedMembers(scene: Scene): Promise<void> {
  const [first, second] = await scene.topics(2)
  const group = scene.group([first, second])
  const got = scene.consumption(group)
  const [older, newer] = await scene.members(2)
  const onlyFirst = await scene.consume({ ...group, topics: [first] }, { on: older })
  await got.join({ on: newer })
  const sent = [...scene.messages(first, 40, { keys: 8 }), ...scene.messages(second, 40, { keys: 8 })]
  await scene.publish(sent)
  const all = (): Set<string> => new Set([...got.ids, ...onlyFirst.ids])
  await got.until('both topics to be served', () => all().size === sent.length)
  assert.ok(
    onlyFirst.arrivals.all.every(({ topic }) => topic === first),
    'a member gets its own topics only',
  )
}

const clauses: readonly Clause[] = [
  clause('C01', 'a message arrives with its id, source, key, headers and bytes as they were published', roundTrip),
  clause('C01', 'the iterator of a subscription ends when it stops or closes', streamEnds),
  clause('C03', 'two topics never mix', topicsStayApart),
  clause('C04', 'twenty topics deliver 100 messages each at the same time', manyTopics),
  clause('C04', 'one group reads five topics', groupOfManyTopics),
  clause('C05', 'fifty subscribers of a group get all 5,000 messages between them', manySubscribers),
  clause('C06', 'each of two groups gets all 50 messages', groupsEachGetAll),
  clause('C07', 'each message is delivered to one member of a group, once', membersCompete),
  clause('C46', 'a message keeps its id, source, key and headers through a retry', identitySurvives),
  clause('C52', 'every topic is served when two members of a group have different topics', mixedMembers),
]

export const delivery: Family = { title: 'delivery', clauses }
