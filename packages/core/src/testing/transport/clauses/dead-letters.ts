import assert from 'node:assert/strict'
import type { DeadLetter, Failure } from '../../../transport/dead-letters.ts'
import type { Delivery, Settlement } from '../../../transport/subscription.ts'
import type { GroupSpec } from '../../../transport/topology.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import type { Consumption } from '../consumption.ts'
import { facts } from '../messages.ts'
import type { Scene } from '../scene.ts'

const everything = (): boolean => true

function deadLetter(delivery: Delivery, group: GroupSpec): Settlement {
  const failure: Failure = {
    code: 'handler-failed',
    name: 'CardDeclinedError',
    message: 'Karte abgelehnt: 4200 € 🚫',
    stack: 'CardDeclinedError: Karte abgelehnt\n    at charge (payment.ts:7:3)',
    attempts: delivery.attempt,
    group: group.name,
    topic: delivery.message.topic,
    ...(delivery.partition === undefined ? {} : { partition: delivery.partition }),
    at: 1_700_000_000_000,
  }
  return { delivery, as: 'dead-letter', failure }
}

/** A group that has `count` dead letters; whatever comes again is acked. */
async function withLetters(scene: Scene, count: number): Promise<{ got: Consumption; topic: string; ids: string[] }> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  let dead = 0
  const got = await scene.consume(group, {
    handle: (delivery) => {
      dead += 1
      return dead <= count ? deadLetter(delivery, group) : { delivery, as: 'ack' }
    },
  })
  const sent = scene.messages(topic, count, { keys: 4 })
  await scene.publish(sent)
  await settled(got, count)
  return { got, topic, ids: sent.map(({ id }) => id) }
}

function settled(got: Consumption, count: number): Promise<void> {
  const reached = (): boolean => got.arrivals.all.filter((arrival) => arrival.settled === 'settled').length >= count
  return got.until(`${count} settlements`, reached)
}

async function browse(
  scene: Scene,
  group: string,
  options?: { limit?: number; match?: (letter: DeadLetter) => boolean },
): Promise<DeadLetter[]> {
  const { transport } = await scene.main()
  const letters: DeadLetter[] = []
  for await (const letter of transport.deadLetters(group).browse(options)) letters.push(letter)
  return letters
}

const idsOf = (letters: readonly DeadLetter[]): string[] => letters.map(({ message }) => message.id).sort()

async function lettersAreFaithful(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const group = scene.group(topic)
  const { minMs } = scene.capabilities.retryDelay
  const last = new Map<string, Delivery>()
  const got = await scene.consume(group, {
    handle: (delivery) => {
      if (delivery.attempt === 1) return { delivery, as: 'retry', delayMs: minMs, attempt: 2 }
      last.set(delivery.message.id, delivery)
      return deadLetter(delivery, group)
    },
  })
  const sent = scene.messages(topic, 10, { keys: 3, bytes: 100 })
  await scene.publish(sent)
  await settled(got, 20)
  const letters = new Map((await browse(scene, group.name)).map((letter) => [letter.message.id, letter]))
  assert.equal(letters.size, sent.length)
  for (const message of sent) {
    const letter = letters.get(message.id) as DeadLetter
    const cause = deadLetter(last.get(message.id) as Delivery, group) as Extract<Settlement, { as: 'dead-letter' }>
    assert.deepEqual(facts(letter.message), facts(message))
    const { stack: _cut, ...failure } = letter.failure
    const { stack: _whole, ...expected } = cause.failure
    assert.deepEqual(failure, expected)
    assert.equal(letter.hop, 0)
  }
}

async function lettersAreOfTheirGroup(scene: Scene): Promise<void> {
  const { topic } = await withLetters(scene, 5)
  const other = scene.group(topic, { startAt: 'latest' })
  await scene.consume(other)
  assert.deepEqual(await browse(scene, other.name), [])
}

async function browsingFinds(scene: Scene): Promise<void> {
  const { got, ids } = await withLetters(scene, 12)
  const group = got.group.name
  const { transport } = await scene.main()
  assert.equal(await transport.deadLetters(group).count(), 12)
  assert.deepEqual(idsOf(await browse(scene, group)), ids.toSorted())
  assert.equal((await browse(scene, group, { limit: 5 })).length, 5)
  const match = ({ message }: DeadLetter): boolean => message.key === 'key-1'
  assert.equal((await browse(scene, group, { match })).length, 3)
  assert.equal((await browse(scene, group, { match, limit: 2 })).length, 2)
  assert.deepEqual(idsOf(await browse(scene, group)), ids.toSorted(), 'browsing removes nothing')
}

async function browsersDoNotHide(scene: Scene): Promise<void> {
  const { got, ids } = await withLetters(scene, 6)
  const other = await scene.member()
  const first = got.group.name
  const { transport } = await scene.main()
  for await (const letter of transport.deadLetters(first).browse()) {
    assert.ok(ids.includes(letter.message.id))
    const seen: DeadLetter[] = []
    for await (const twin of other.transport.deadLetters(first).browse()) seen.push(twin)
    assert.deepEqual(idsOf(seen), ids.toSorted(), 'looking hides nothing')
    break
  }
}

async function browsersGiveBack(scene: Scene): Promise<void> {
  const { got, ids } = await withLetters(scene, 6)
  const { transport } = await scene.main()
  for await (const _letter of transport.deadLetters(got.group.name).browse()) break
  const seenByNext = await browse(scene, got.group.name)
  assert.deepEqual(idsOf(seenByNext), ids.toSorted(), 'a look that ended early hides nothing')
}

async function replayIsOnceAndAfresh(scene: Scene): Promise<void> {
  const { got, topic, ids } = await withLetters(scene, 10)
  const bystander = await scene.consume(scene.group(topic, { startAt: 'latest' }))
  const { transport } = await scene.main()
  const letters = transport.deadLetters(got.group.name)
  const chosen = new Set(ids.slice(0, 4))
  assert.equal(await letters.replay(({ message }) => chosen.has(message.id)), 4)
  await got.count(14)
  await got.quiet()
  const replayed = got.deliveries.slice(10)
  assert.deepEqual(replayed.map(({ message }) => message.id).sort(), [...chosen].sort())
  for (const { attempt, message } of replayed) {
    assert.equal(attempt, 1)
    assert.equal(message.source, 'https://suite.example/tests')
  }
  assert.equal(await letters.replay(({ message }) => chosen.has(message.id)), 0, 'what was replayed is gone')
  assert.equal((await browse(scene, got.group.name)).length, 6)
  assert.deepEqual(bystander.ids, [], 'a replay reaches its group only')
}

async function discardAndPurge(scene: Scene): Promise<void> {
  const { got, ids } = await withLetters(scene, 10)
  const { transport } = await scene.main()
  const letters = transport.deadLetters(got.group.name)
  const doomed = new Set(ids.slice(3, 6))
  assert.equal(await letters.discard(({ message }) => doomed.has(message.id)), 3)
  const left = ids.filter((id) => !doomed.has(id))
  assert.deepEqual(idsOf(await browse(scene, got.group.name)), left.toSorted())
  await letters.purge()
  assert.deepEqual(await browse(scene, got.group.name), [])
  assert.equal(await letters.replay(everything), 0)
  await got.quiet()
}

async function brokenDeadLettersKeepTheOriginal(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const held: Delivery[] = []
  const got = await scene.consume(group, {
    handle: (delivery) => {
      held.push(delivery)
      return undefined
    },
  })
  await scene.publish(scene.messages(topic, 3))
  await got.count(3)
  const settlements = held.map((delivery) => deadLetter(delivery, group))
  await scene.broker.breakDeadLetters(group.name)
  try {
    const subscription = got.readers[0]?.subscription
    const error = await subscription?.settle(settlements).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof Error, 'settle() rejects while dead letters can not be written')
  } finally {
    await scene.broker.mendDeadLetters(group.name)
  }
  assert.deepEqual(await browse(scene, group.name), [])
  await got.readers[0]?.settle(settlements)
  assert.equal((await browse(scene, group.name)).length, 3)
  await got.close()
  const next = await scene.consume(group)
  await next.quiet()
}

async function hopsAllArrive(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const group = scene.group(topic, { ordered: scene.capabilities.orderedGroups })
  let hops = 0
  const got = await scene.consume(group, {
    handle: (delivery) => {
      hops += 1
      return hops <= 3 ? deadLetter(delivery, group) : { delivery, as: 'ack' }
    },
  })
  await scene.publish(scene.messages(topic, 1, { keys: 1 }))
  const { transport } = await scene.main()
  for (const hop of [1, 2, 3]) {
    await settled(got, hop)
    const letters = await browse(scene, group.name)
    assert.deepEqual(
      letters.map((letter) => letter.hop > 0),
      [hop > 1],
      `letter ${hop} knows that it was one before`,
    )
    assert.equal(await transport.deadLetters(group.name).replay(everything), 1)
    await got.count(hop + 1)
  }
  await got.quiet()
  assert.deepEqual(
    got.deliveries.map(({ attempt }) => attempt),
    [1, 1, 1, 1],
  )
}

async function successorsFlow(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const group = scene.group(topic, { ordered: scene.capabilities.orderedGroups })
  const sent = scene.messages(topic, 20, { keys: 2 })
  const doomed = sent[4]?.id
  const got = await scene.consume(group, {
    handle: (delivery) => (delivery.message.id === doomed ? deadLetter(delivery, group) : { delivery, as: 'ack' }),
  })
  await scene.publish(sent)
  await got.completes(sent, { ordered: scene.capabilities.orderedGroups })
  assert.deepEqual(idsOf(await browse(scene, group.name)), [doomed])
}

const clauses: readonly Clause[] = [
  clause('C11', 'the successors of a dead-lettered message flow', successorsFlow),
  clause('C20', 'a dead letter keeps body, headers, key, topic, attempts and the error', lettersAreFaithful),
  clause('C20', 'dead letters are of one group', lettersAreOfTheirGroup),
  clause(
    'C21',
    'a message stays with its member while its dead letter can not be written',
    brokenDeadLettersKeepTheOriginal,
  ),
  clause('C24', 'dead letters are counted, and browsed by match and limit', browsingFinds),
  clause(
    'C24',
    'two look at the same dead letters at once',
    {
      when: (server) => server.deadLetterPeek === 'free',
      otherwise: { title: 'dead letters that somebody looked at are seen by the next', run: browsersGiveBack },
    },
    browsersDoNotHide,
  ),
  clause('C24', 'replay brings the chosen dead letters back once, to their group, at attempt 1', replayIsOnceAndAfresh),
  clause('C24', 'discard removes the chosen dead letters and purge the rest', discardAndPurge),
  clause('C51', 'an event that is dead-lettered and replayed three times arrives each time', hopsAllArrive),
]

export const deadLetters: Family = { title: 'dead letters', clauses }
