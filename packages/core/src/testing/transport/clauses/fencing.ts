import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Delivery } from '../../../transport/subscription.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import type { Consumption } from '../consumption.ts'
import type { Scene } from '../scene.ts'

interface Fenced {
  readonly paused: Consumption
  readonly successor: Consumption
  readonly held: readonly Delivery[]
  readonly sent: readonly { readonly id: string }[]
}

/** An owner that holds deliveries is paused for three times its lease, while another takes over; then it wakes. */
async function pauseTheOwner(scene: Scene, ordered: boolean): Promise<Fenced> {
  const topic = await scene.topic({ ordered, partitions: 1 })
  const group = scene.group(topic, { ordered })
  const [owner, other] = await scene.members(2, { isolated: true })
  const held: Delivery[] = []
  const paused = await scene.consume(group, {
    on: owner,
    handle: (delivery) => {
      held.push(delivery)
      return undefined
    },
  })
  const before = scene.messages(topic, 10, { keys: 2 })
  await scene.publish(before)
  await paused.gets(before)
  const owned = held.slice()
  await owner.pause()
  const successor = await scene.consume(group, { on: other })
  const after = scene.messages(topic, 10, { keys: 2 })
  await scene.publish(after)
  await delay(scene.timing.leaseMs * 3)
  await successor.gets([...before, ...after], scene.timing.leaseMs * 2 + scene.timing.patienceMs)
  successor.verify([...before, ...after], { ordered, duplicates: after.length })
  await owner.resume()
  return { paused, successor, held: owned, sent: [...before, ...after] }
}

async function fencedOwner(scene: Scene): Promise<void> {
  const ordered = scene.capabilities.orderedGroups
  const { paused, successor, held } = await pauseTheOwner(scene, ordered)
  await scene.until(
    'the lease of the paused owner to be over',
    async () => held.every(({ lease }) => lease.aborted),
    scene.timing.leaseMs + scene.timing.patienceMs,
  )
  const results = await paused.readers[0]?.subscription.settle(held.map((delivery) => ({ delivery, as: 'ack' })))
  assert.deepEqual(new Set(results), new Set(['lost']), 'settlements after the lease say that it was lost')

  const topic = held[0]?.message.topic ?? ''
  const handled = paused.ids.length
  const later = scene.messages(topic, 10, { keys: 2 })
  await scene.publish(later)
  const all = (): Set<string> => new Set([...paused.ids.slice(handled), ...successor.ids])
  await successor.until('what is published after the owner woke', () => later.every(({ id }) => all().has(id)))
  assert.ok(
    paused.ids.slice(handled).every((id) => later.some((message) => message.id === id)),
    'the owner handles nothing old when it wakes',
  )
}

/** The fenced member tries everything; none of it may touch what its successor does. */
async function lostChangesNothing(scene: Scene): Promise<void> {
  const ordered = scene.capabilities.orderedGroups
  const { paused, successor, held, sent } = await pauseTheOwner(scene, ordered)
  const { group } = successor
  const [first, second, third, ...rest] = held as [Delivery, Delivery, Delivery, ...Delivery[]]
  const failure = {
    code: 'x',
    name: 'X',
    message: 'x',
    attempts: 1,
    group: group.name,
    topic: first.message.topic,
    at: 0,
  }
  const subscription = paused.readers[0]?.subscription
  const settle = (): Promise<readonly string[]> | undefined =>
    subscription?.settle([
      { delivery: first, as: 'dead-letter', failure },
      { delivery: second, as: 'release' },
      ordered ? { delivery: third, as: 'ack' } : { delivery: third, as: 'retry', delayMs: 0, attempt: 9 },
      ...rest.map((delivery) => ({ delivery, as: 'ack' }) as const),
    ])
  assert.deepEqual(new Set(await settle()), new Set(['lost']))
  assert.deepEqual(new Set(await settle()), new Set(['lost']), 'the first answer is repeated')
  await successor.quiet()
  const { transport } = await scene.main()
  assert.equal(await transport.deadLetters(group.name).count(), 0)
  const counts = new Map<string, number>()
  for (const id of successor.ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  for (const { id } of sent) assert.equal(counts.get(id), 1, `${id} was handled once by the successor`)
}

/** While the member lives, its lease does not end, however long the handler takes. */
async function livingMemberKeepsItsLease(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const [slow, idle] = await scene.members(2)
  const held: Delivery[] = []
  const holding = await scene.consume(group, {
    on: slow,
    handle: (delivery) => {
      held.push(delivery)
      return undefined
    },
  })
  const sent = scene.messages(topic, 3)
  await scene.publish(sent)
  await holding.gets(sent)
  const peer = await scene.consume(group, { on: idle })
  await delay(scene.timing.leaseMs * 3)
  assert.deepEqual(peer.ids, [], 'nobody else gets what a living member holds')
  assert.ok(
    held.every(({ lease }) => !lease.aborted),
    'its lease goes on',
  )
  const results = await holding.readers[0]?.subscription.settle(held.map((delivery) => ({ delivery, as: 'ack' })))
  assert.deepEqual(new Set(results), new Set(['settled']))
}

const clauses: readonly Clause[] = [
  clause('C42', 'a living member keeps what it holds for three times its lease', livingMemberKeepsItsLease),
  clause(
    'C50',
    'an owner that was paused for three leases is fenced: its lease is over and its settlements lost',
    fencedOwner,
  ),
  clause('C55', 'a settlement after lost ownership says so, each time, and changes nothing', lostChangesNothing),
]

export const fencing: Family = { title: 'fencing', clauses }
