import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Delivery } from '../../../transport/subscription.ts'
import { maxHeld } from '../../../transport/subscription.ts'
import { type Choice, type Clause, clause, type Family } from '../clause.ts'
import { refuses } from '../expect.ts'
import type { Scene } from '../scene.ts'

async function perKeyOrder(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions: 12 })
  const got = scene.consumption(scene.group(topic, { ordered: true }))
  const members = await scene.members(2)
  const handle = async (delivery: Delivery): Promise<{ delivery: Delivery; as: 'ack' }> => {
    if (scene.random() < 0.05) await delay(1)
    return { delivery, as: 'ack' }
  }
  for (let reader = 0; reader < 10; reader++) await got.join({ handle, on: members[reader % 2 === 0 ? 0 : 1] })
  const sent = scene.messages(topic, 1_000, { keys: 16 })
  await scene.publish(sent)
  await got.completes(sent, { ordered: true, duplicates: sent.length })
}

async function overlappingCallsKeepOrder(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const got = await scene.consume(scene.group(topic, { ordered: true }))
  const { transport } = await scene.main()
  const sent = scene.messages(topic, 300, { keys: 3 })
  const outcomes = await Promise.all(sent.map((message) => transport.publish([message])))
  assert.ok(outcomes.flat().every((outcome) => outcome.accepted === true))
  await got.completes(sent, { ordered: true })
}

async function keyStaysInItsPartition(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions: 4 })
  const got = await scene.consume(scene.group(topic, { ordered: true }))
  const sent = scene.messages(topic, 200, { keys: 20 })
  await scene.publish(sent)
  await got.completes(sent, { ordered: true })
  const partitions = new Map<string, Set<string | undefined>>()
  for (const { message, partition } of got.deliveries) {
    const key = message.key ?? ''
    partitions.set(key, (partitions.get(key) ?? new Set()).add(partition))
  }
  for (const [key, places] of partitions) assert.equal(places.size, 1, `${key} was in ${[...places].join(' and ')}`)
}

/** Given back in any order, they return in theirs, before anything newer. */
async function redeliveriesComeFirst(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  let taken: Delivery[] = []
  let open = false
  const got = await scene.consume(scene.group(topic, { ordered: true }), {
    prefetch: 10,
    handle: (delivery) => {
      if (open) return { delivery, as: 'ack' }
      taken.push(delivery)
      return undefined
    },
  })
  const sent = scene.messages(topic, 40, { keys: 1 })
  await scene.publish(sent)
  await got.count(1)
  await got.atRest()
  open = true
  const held = taken
  taken = []
  const before = got.arrivals.all.length
  const [reader] = got.readers
  await reader?.settle(held.toReversed().map((delivery) => ({ delivery, as: 'release' })))
  await got.gets(sent)
  await got.until('every redelivery', () => got.arrivals.all.length >= sent.length + held.length)
  const after = got.ids.slice(before)
  assert.deepEqual(
    after,
    sent.map((message) => message.id),
    'redeliveries come in order and before anything newer',
  )
}

async function heldKeyHoldsNobodyElse(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions: 1 })
  const held: Delivery[] = []
  let holding = true
  const got = await scene.consume(scene.group(topic, { ordered: true }), {
    handle: (delivery) => {
      if (!holding || delivery.message.key !== 'key-0') return { delivery, as: 'ack' }
      held.push(delivery)
      return undefined
    },
  })
  const sent = scene.messages(topic, 200, { keys: 10 })
  await scene.publish(sent)
  await got.gets(sent.filter((message) => message.key !== 'key-0'))
  holding = false
  await got.readers[0]?.settle(held.map((delivery) => ({ delivery, as: 'ack' })))
  await got.completes(sent, { ordered: true })
}

async function partitionPausesAtMaxHeld(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions: 1 })
  let holding = true
  const got = await scene.consume(scene.group(topic, { ordered: true }), {
    handle: (delivery) => (holding ? undefined : { delivery, as: 'ack' }),
  })
  const sent = scene.messages(topic, maxHeld.messages + 200, { keys: 50 })
  await scene.publish(sent)
  await got.count(1)
  await got.atRest()
  const held = got.deliveries.slice()
  assert.ok(
    held.length <= maxHeld.messages,
    `${held.length} were yielded unsettled, at most ${maxHeld.messages} may be`,
  )
  holding = false
  await got.readers[0]?.settle(held.map((delivery) => ({ delivery, as: 'ack' })))
  await got.completes(sent, { ordered: true })
}

async function unorderedGroupOfOrderedTopic(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const { minMs } = scene.capabilities.retryDelay
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) =>
      delivery.attempt === 1 && delivery.message.key === 'key-0'
        ? { delivery, as: 'retry', delayMs: minMs, attempt: 2 }
        : { delivery, as: 'ack' },
  })
  const sent = scene.messages(topic, 100, { keys: 5 })
  await scene.publish(sent)
  await got.count(120)
  await got.completes(sent, { duplicates: 20 })
  assert.equal(got.deliveries.filter((delivery) => delivery.attempt === 2).length, 20)
}

async function orderedGroupOfUnorderedTopic(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: false })
  await refuses(scene.consume(scene.group(topic, { ordered: true })), 'topology-mismatch')
}

async function keylessMessages(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const got = await scene.consume(scene.group(topic, { ordered: true }))
  const sent = [...scene.messages(topic, 50), ...scene.messages(topic, 50, { keys: 4 })]
  await scene.publish(sent)
  await got.completes(sent, { ordered: true })
  const keyless = got.deliveries.filter(({ message }) => message.key === undefined)
  assert.equal(keyless.length, 50, 'no key is not an empty one')
}

async function orderedGroupsAreRefused(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  await refuses(scene.consume(scene.group(topic, { ordered: true })), 'unsupported')
}

const whereOrdered: Choice = {
  when: (server) => server.orderedGroups,
  otherwise: { title: 'an ordered group is refused: this broker has none', run: orderedGroupsAreRefused },
}

const clauses: readonly Clause[] = [
  clause('C09', '1,000 messages of 16 keys reach ten members in the order of their keys', whereOrdered, perKeyOrder),
  clause('C09', 'publish calls that overlap keep the order of a key', whereOrdered, overlappingCallsKeepOrder),
  clause('C09', 'all messages of a key come from one partition', whereOrdered, keyStaysInItsPartition),
  clause('C09', 'messages without a key flow through an ordered topic', whereOrdered, keylessMessages),
  clause('C09', 'an unordered group of an ordered topic gets everything and may retry', unorderedGroupOfOrderedTopic),
  clause('C09', 'an ordered group of an unordered topic is refused', whereOrdered, orderedGroupOfUnorderedTopic),
  clause('C10', 'what is released comes again in order, before anything newer', whereOrdered, redeliveriesComeFirst),
  clause('C11', 'a delivery that is held holds no other key', whereOrdered, heldKeyHoldsNobodyElse),
  clause(
    'C11',
    'a partition pauses while the most that may be held is held, and goes on',
    whereOrdered,
    partitionPausesAtMaxHeld,
  ),
]

export const order: Family = { title: 'order', clauses }
