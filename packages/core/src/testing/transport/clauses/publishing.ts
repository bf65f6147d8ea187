import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Message, Outcome } from '../../../transport/message.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import { refuses, verdict } from '../expect.ts'
import type { Scene } from '../scene.ts'

async function outcomePerMessage(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const got = await scene.consume(scene.group(topic))
  const { transport } = await scene.main()
  const sent = scene.messages(topic, 8, { keys: 8 })
  const misdirected = { ...(sent[2] as Message), topic: scene.name('nowhere') }
  const broken = { ...(sent[5] as Message), key: '\ud800' }
  const outcomes = await transport.publish(
    sent.map((message, at) => (at === 2 ? misdirected : at === 5 ? broken : message)),
  )
  assert.deepEqual(outcomes.map(verdict), [
    ...['accepted', 'accepted', 'unknown-topic', 'accepted'],
    ...['accepted', 'invalid-message', 'accepted', 'accepted'],
  ])
  await got.completes(sent.filter((_, at) => at !== 2 && at !== 5))
  await scene.publish([sent[2] as Message, sent[5] as Message])
  await got.completes(sent)
}

async function nothingToPublish(scene: Scene): Promise<void> {
  const { transport } = await scene.main()
  assert.deepEqual(await transport.publish([]), [])
}

async function unknownTopicIsRefused(scene: Scene): Promise<void> {
  const { transport } = await scene.main()
  const name = scene.name('never')
  for (const tries of [1, 2]) {
    const outcomes = await transport.publish(scene.messages(name, 3))
    assert.deepEqual(outcomes.map(verdict), ['unknown-topic', 'unknown-topic', 'unknown-topic'], `publish ${tries}`)
    for (const outcome of outcomes) assert.ok(outcome.accepted !== true && !outcome.error.retryable)
  }
}

async function unheardIsTold(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { transport } = await scene.main()
  const before = await transport.publish(scene.messages(topic, 2))
  assert.deepEqual(before, [
    { accepted: true, unheard: true },
    { accepted: true, unheard: true },
  ])
  await scene.consume(scene.group(topic, { startAt: 'latest' }))
  const after = await transport.publish(scene.messages(topic, 2))
  assert.ok(after.every((outcome) => outcome.accepted === true && outcome.unheard !== true))
}

async function unheardIsNotTold(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { transport } = await scene.main()
  const outcomes = await transport.publish(scene.messages(topic, 2))
  assert.ok(outcomes.every((outcome) => outcome.accepted === true && outcome.unheard === undefined))
}

async function oversizeIsRefused(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const { transport } = await scene.main()
  const { maxMessageBytes } = scene.capabilities
  const [before, plain, after] = scene.messages(topic, 3) as [Message, Message, Message]
  const oversize = { ...plain, body: new Uint8Array(maxMessageBytes + 1) }
  const others = scene.messages(topic, 20)
  const [outcomes] = await Promise.all([transport.publish([before, oversize, after]), scene.publish(others)])
  assert.deepEqual(outcomes.map(verdict), ['accepted', 'message-too-large', 'accepted'])
  await got.completes([before, after, ...others])
}

/** 4 KiB for headers and framing: what a broker counts beside the body differs. */
async function largestTravels(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const [plain] = scene.messages(topic, 1) as [Message]
  const length = scene.capabilities.maxMessageBytes - 4_096
  const body = Uint8Array.from({ length }, (_, at) => at % 251)
  await scene.publish([{ ...plain, body }])
  await got.completes([plain])
  const arrived = got.deliveries[0]?.message.body
  assert.ok(arrived != null && Buffer.compare(arrived, body) === 0, 'every byte arrived')
}

async function closeFlushes(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const got = await scene.consume(scene.group(topic, { ordered: scene.capabilities.orderedGroups }))
  const member = await scene.member()
  const sent = scene.messages(topic, 10_000, { keys: 20 })
  const producers = Array.from({ length: 20 }, (_, key) => sent.filter((_, at) => at % 20 === key))
  const outcomes: Outcome[] = []
  for (const messages of producers) {
    void scene.offerAtOnce(messages, member).then((answers) => outcomes.push(...answers))
  }
  await member.transport.close()
  await nextTurn()
  assert.equal(outcomes.length, sent.length, 'close() resolves after every publish in flight is confirmed')
  assert.deepEqual(new Set(outcomes.map(verdict)), new Set(['accepted']))
  await got.completes(sent, { ordered: scene.capabilities.orderedGroups })
  await refuses(member.transport.publish(scene.messages(topic, 1)), 'transport-closed')
}

async function sendOnlyLeavesNoGroup(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const { transport } = await scene.member()
  await transport.publish(scene.messages(topic, 20))
  const topology = { topics: [{ name: topic, ordered: false }], groups: [group] }
  const mentions = (resources: readonly string[]): boolean =>
    resources.some((resource) => resource.includes(group.name))
  assert.ok(!mentions((await transport.topology.verify(topology)).existing), 'publishing creates no group')
  assert.ok(!mentions((await transport.topology.verify(topology)).existing), 'verify() creates no group')
  await scene.consume(group)
  assert.ok(
    mentions((await transport.topology.verify(topology)).existing),
    'verify() reports the group that subscribed as existing',
  )
}

const clauses: readonly Clause[] = [
  clause(
    'C12',
    'each message of a call has its own outcome, and none that failed is reported as sent',
    outcomePerMessage,
  ),
  clause('C12', 'a call with no messages resolves to no outcomes', nothingToPublish),
  clause('C14', 'an unknown topic is refused and not created', unknownTopicIsRefused),
  clause(
    'C14',
    'what no group will get is accepted and told to be unheard',
    {
      when: (server) => server.detectsNoGroup,
      otherwise: { title: 'what no group will get is accepted, and nothing is told', run: unheardIsNotTold },
    },
    unheardIsTold,
  ),
  clause('C15', 'a message that is too large is refused alone', oversizeIsRefused),
  clause('C15', 'a message of nearly the largest size arrives whole', largestTravels),
  clause('C33', 'close() resolves after all of 10,000 publishes in flight are confirmed', closeFlushes),
  clause('C35', 'a member that only publishes leaves no group behind', sendOnlyLeavesNoGroup),
]

export const publishing: Family = { title: 'publishing', clauses }
