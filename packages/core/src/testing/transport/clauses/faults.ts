import assert from 'node:assert/strict'
import type { Message, Outcome } from '../../../transport/message.ts'
import type { Delivery } from '../../../transport/subscription.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import type { Scene } from '../scene.ts'

const publishers = 100

async function acceptedIsDurable(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = await scene.declaredGroup(topic)
  const sent = scene.messages(topic, 100)
  await scene.publish(sent)
  await scene.broker.restart()
  const got = await scene.consume(group)
  await got.gets(sent)
  got.verify(sent, { duplicates: sent.length })
}

async function flowsAfterRestart(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  await scene.broker.restart()
  await scene.topic({ name: topic })
  const got = await scene.consume(scene.group(topic))
  const sent = scene.messages(topic, 100)
  await scene.publish(sent)
  await got.completes(sent)
}

/** 10,000 messages of 100 publishers; the broker dies when a third and when half of them are in. */
async function restartsLoseNothing(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const ordered = scene.capabilities.orderedGroups
  const [reading, writing] = await scene.members(2)
  const got = await scene.consume(scene.group(topic, { ordered }), { on: reading })
  const sent = scene.messages(topic, 10_000, { keys: publishers })
  let accepted = 0
  let restarts = 0
  let restarting: Promise<void> = Promise.resolve()
  const restartAt = (share: number): boolean => restarts < 2 && accepted >= sent.length * share
  const publishAll = async (publisher: number): Promise<void> => {
    const own = sent.filter((_, index) => index % publishers === publisher)
    for (let next = 0; next < own.length; ) {
      const outcomes = await scene.offer(own.slice(next, next + 10), writing)
      const taken = outcomes.findIndex((outcome) => outcome.accepted !== true)
      next += taken === -1 ? outcomes.length : taken
      accepted += taken === -1 ? outcomes.length : taken
      if (!restartAt(restarts === 0 ? 1 / 3 : 1 / 2)) continue
      restarts += 1
      restarting = restarting.then(() => scene.broker.restart())
    }
  }
  await Promise.all(Array.from({ length: publishers }, (_, publisher) => publishAll(publisher)))
  await restarting
  assert.equal(restarts, 2)
  await got.gets(sent)
  got.verify(sent, { duplicates: sent.length, ordered })
  const { incidents } = await reading.transport.probe()
  assert.ok(
    incidents.some(({ kind }) => kind === 'reconnected'),
    'probe() tells of the reconnect',
  )
}

/** Answers get lost: outcomes are unknown, so messages are sent again; a key's order must not suffer. */
async function lostAnswersKeepOrder(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const ordered = scene.capabilities.orderedGroups
  const [reading, writing] = await scene.members(2)
  const got = await scene.consume(scene.group(topic, { ordered }), { on: reading })
  const sent = scene.messages(topic, 2_000, { keys: 10 })
  writing.network.dropResponses({ ratio: 0.05, seed: scene.seed })
  try {
    for (let next = 0; next < sent.length; ) {
      const messages = sent.slice(next, next + 20)
      const outcomes = await scene.offer(messages, writing)
      if (scene.capabilities.atomicKeys) assertWholeKeys(messages, outcomes)
      const failed = outcomes.findIndex((outcome) => outcome.accepted !== true)
      next += failed === -1 ? outcomes.length : failed
    }
  } finally {
    writing.network.heal()
  }
  await got.gets(sent)
  got.verify(sent, { duplicates: sent.length, ordered })
}

/** From the first of a key that was not accepted on, none of it is. */
function assertWholeKeys(messages: readonly Message[], outcomes: readonly Outcome[]): void {
  const halted = new Set<string | undefined>()
  messages.forEach(({ id, key }, at) => {
    if (outcomes[at]?.accepted !== true) halted.add(key)
    else assert.ok(!halted.has(key), `${id} was accepted behind one of its key that was not`)
  })
}

async function resetIsMended(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const member = await scene.member()
  const got = await scene.consume(scene.group(topic), { on: member })
  const sent = scene.messages(topic, 300)
  for (const round of [0, 1, 2]) {
    await scene.publish(sent.slice(round * 100, round * 100 + 50))
    member.network.reset()
    await scene.publish(sent.slice(round * 100 + 50, round * 100 + 100))
  }
  await got.gets(sent)
  got.verify(sent, { duplicates: sent.length })
}

async function halfOpenSocketIsNoticed(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const member = await scene.member()
  const got = await scene.consume(scene.group(topic), { on: member })
  const before = scene.messages(topic, 10)
  await scene.publish(before)
  await got.completes(before)
  member.network.blackHole({ existingOnly: true })
  const after = scene.messages(topic, 10)
  await scene.publish(after)
  await got.gets(after, scene.timing.heartbeatMs * 2 + scene.timing.leaseMs + scene.timing.patienceMs)
  got.verify([...before, ...after], { duplicates: after.length })
}

async function revokedIsMended(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic, { startAt: 'latest' })
  const member = await scene.member()
  const got = await scene.consume(group, { on: member })
  const before = scene.messages(topic, 5)
  await scene.publish(before)
  await got.completes(before)
  await got.until('every ack', () => got.arrivals.all.every(({ settled }) => settled === 'settled'))
  await scene.broker.revoke(group.name)

  const mended = async (): Promise<boolean> => {
    const kinds = (await member.transport.probe()).incidents.map(({ kind }) => kind)
    return kinds.includes('revoked') && kinds.includes('recreated')
  }
  await scene.until('probe() to tell of the revocation and its mending', mended, 5_000 + scene.timing.heartbeatMs)
  const after = scene.messages(topic, 20)
  await scene.publish(after)
  await got.gets(after)
  assert.deepEqual(got.errors, [], 'the same iterator goes on')
}

/** One member dies with messages in hand; its peer gets them when the lease is over. */
async function peersFinish(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const [doomed, peer] = await scene.members(2, { isolated: true })
  const dying = await scene.consume(group, { on: doomed, handle: () => undefined })
  const sent = scene.messages(topic, 100, { keys: 20 })
  await scene.publish(sent)
  await dying.count(1)
  const got = await scene.consume(group, { on: peer })
  await doomed.crash()
  await got.gets(sent, scene.timing.leaseMs + scene.timing.patienceMs)
  const suspects = got.deliveries.filter(({ message }) => dying.ids.includes(message.id))
  assert.ok(suspects.length > 0 && suspects.every(({ redelivered }) => redelivered > 0), 'redeliveries say so')
}

/** The attempts that failed in place before a crash, as the next member is told. */
async function attemptAfterCrash(scene: Scene): Promise<number | undefined> {
  const topic = await scene.topic({ ordered: true, partitions: 1 })
  const group = scene.group(topic, { ordered: scene.capabilities.orderedGroups })
  const [doomed, peer] = await scene.members(2, { isolated: true })
  const sent = scene.messages(topic, 2, { keys: 2 })
  const held = new Map<string, Delivery>()
  const dying = await scene.consume(group, {
    on: doomed,
    handle: (delivery) => {
      held.set(delivery.message.key ?? '', delivery)
      return undefined
    },
  })
  await scene.publish(sent)
  await dying.count(2)
  const failing = held.get('key-0') as Delivery
  const subscription = dying.readers[0]?.subscription
  for (const attempt of [1, 2]) subscription?.note?.(failing, attempt)
  await dying.readers[0]?.settle([{ delivery: held.get('key-1') as Delivery, as: 'ack' }])
  await doomed.crash()
  const got = await scene.consume(group, { on: peer })
  await got.gets(sent.slice(0, 1), scene.timing.leaseMs + scene.timing.patienceMs)
  return got.deliveries.find(({ message }) => message.id === sent[0]?.id)?.attempt
}

const clauses: readonly Clause[] = [
  clause(
    'C13',
    'what publish() resolved survives a broker that is killed at once',
    {
      when: (server) => server.durable,
      otherwise: { title: 'a topic that is ensured again after a restart delivers', run: flowsAfterRestart },
    },
    acceptedIsDurable,
  ),
  clause(
    'C18',
    'attempts that failed in place are known after a crash',
    {
      when: (server) => server.attempts === 'durable',
      otherwise: {
        title: 'attempts that failed in place begin again after a crash',
        run: async (scene) => assert.equal(await attemptAfterCrash(scene), 1),
      },
    },
    async (scene) => assert.equal(await attemptAfterCrash(scene), 3),
  ),
  clause(
    'C39',
    '10,000 messages of 100 publishers survive two restarts of the broker',
    {
      when: (server) => server.durable,
      otherwise: { title: 'members reconnect after a restart of the broker', run: flowsAfterRestart },
    },
    restartsLoseNothing,
  ),
  clause('C12', 'lost answers of the broker lose no message and invert no key', lostAnswersKeepOrder),
  clause('C39', 'a connection that is reset under load is mended, and nothing is lost', resetIsMended),
  clause('C40', 'a half-open socket is noticed and the subscription goes on', halfOpenSocketIsNoticed),
  clause('C41', 'a group that is deleted under its member is told of and made again', revokedIsMended),
  clause('C43', 'the peers of a member that is killed finish its messages', peersFinish),
]

export const faults: Family = { title: 'faults', clauses }
