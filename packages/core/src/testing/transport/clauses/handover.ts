import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '../../../transport/message.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import type { Consumption, Handle, Reader } from '../consumption.ts'
import type { Member } from '../harness.ts'
import type { Scene } from '../scene.ts'

const partitions = 8

/** A publisher that goes on until it is told to stop, so that every handover happens under load. */
function load(scene: Scene, topic: string): { stop: () => Promise<Message[]> } {
  const sent: Message[] = []
  let running = true
  const run = async (): Promise<void> => {
    while (running && !scene.signal.aborted) {
      const messages = scene.messages(topic, 40, { keys: 40 })
      await scene.publish(messages)
      sent.push(...messages)
      await delay(5)
    }
  }
  const ended = run()
  return {
    stop: async () => {
      running = false
      await ended
      return sent
    },
  }
}

/** A handler that takes a moment now and then, so that handovers find deliveries in hand. */
function busy(scene: Scene): Handle {
  return async (delivery) => {
    if (scene.random() < 0.02) await delay(5)
    return { delivery, as: 'ack' }
  }
}

async function grows(got: Consumption, by: number): Promise<void> {
  await got.count(got.arrivals.all.length + by)
}

async function rollingHandover(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions })
  const got = scene.consumption(scene.group(topic, { ordered: true }))
  const handle = busy(scene)
  const join = async (): Promise<{ on: Member; reader: Reader }> => {
    const on = await scene.member()
    return { on, reader: await got.join({ on, handle }) }
  }
  const team = [await join(), await join()]
  const publisher = load(scene, topic)
  for (let handover = 1; handover <= 10; handover++) {
    await grows(got, 80)
    team.push(await join())
    await grows(got, 40)
    const leaving = team.shift()
    await leaving?.reader.subscription.stop()
    await leaving?.reader.ended
    await leaving?.reader.subscription.close()
    await leaving?.on.dispose()
  }
  const sent = await publisher.stop()
  await got.completes(sent, { ordered: true, duplicates: scene.handoverDuplicates ? sent.length : 0 })
}

async function killsKeepOrder(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions })
  const got = scene.consumption(scene.group(topic, { ordered: true }))
  const handle = busy(scene)
  const withinMs = scene.timing.leaseMs * 3 + scene.timing.patienceMs
  const team: Member[] = []
  const join = async (): Promise<void> => {
    const on = await scene.member({ isolated: true })
    await got.join({ on, handle })
    team.push(on)
  }
  await join()
  await join()
  const publisher = load(scene, topic)
  for (let kill = 1; kill <= 5; kill++) {
    await got.count(got.arrivals.all.length + 120, withinMs)
    await join()
    await team.shift()?.crash()
  }
  const sent = await publisher.stop()
  await got.gets(sent, withinMs)
  got.verify(sent, { ordered: true, duplicates: sent.length })
}

/** Who got what lately tells who owns what. */
async function ownedShares(scene: Scene, got: Consumption, readers: readonly string[]): Promise<void> {
  const fair = (): boolean => {
    const recent = got.arrivals.all.slice(-partitions * 40)
    const owner = new Map(recent.map(({ by, delivery, key }) => [delivery.partition ?? key, by]))
    const all = Math.min(partitions, owner.size)
    const least = Math.floor(all / readers.length)
    return (
      all >= readers.length && readers.every((name) => [...owner.values()].filter((by) => by === name).length >= least)
    )
  }
  const shares = `each of ${readers.length} members to own its share of the partitions`
  await got.until(shares, fair, 10_000 + scene.timing.leaseMs)
}

async function workSpreads(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions })
  const got = scene.consumption(await scene.declaredGroup(topic, { ordered: true }))
  const [first, second, third] = await scene.members(3, { isolated: true })
  const publisher = load(scene, topic)
  const alone = await got.join({ on: first })
  await ownedShares(scene, got, [alone.name])
  const partner = await got.join({ on: second })
  await ownedShares(scene, got, [alone.name, partner.name])
  const last = await got.join({ on: third })
  await ownedShares(scene, got, [alone.name, partner.name, last.name])
  await partner.subscription.stop()
  await partner.subscription.close()
  await ownedShares(scene, got, [alone.name, last.name])
  await third.crash()
  await ownedShares(scene, got, [alone.name])
  const sent = await publisher.stop()
  await got.gets(sent, scene.timing.leaseMs + scene.timing.patienceMs)
  got.verify(sent, { ordered: true, duplicates: sent.length })
}

/** Where a group has no order, members share by competing: none may starve. */
async function unorderedWorkSpreads(scene: Scene): Promise<void> {
  const topic = await scene.topic({ partitions })
  const got = scene.consumption(scene.group(topic))
  for (const on of await scene.members(2)) await got.join({ on, prefetch: 10 })
  const publisher = load(scene, topic)
  const everyoneWorks = (): boolean => new Set(got.arrivals.all.slice(-400).map(({ by }) => by)).size === 2
  await got.until('both members to get work', everyoneWorks, 10_000)
  const sent = await publisher.stop()
  await got.completes(sent, { duplicates: sent.length })
  assert.deepEqual(got.errors, [])
}

const whereOrdered = {
  when: (server: Scene['capabilities']) => server.orderedGroups,
  otherwise: { title: 'an unordered group spreads its work over two members', run: unorderedWorkSpreads },
}

const clauses: readonly Clause[] = [
  clause('C48', 'ten rolling handovers under load invert no key and duplicate nothing', whereOrdered, rollingHandover),
  clause('C48', 'five kills under load invert no key and lose nothing', whereOrdered, killsKeepOrder),
  clause(
    'C49',
    'each member owns its share of the partitions after a join, a leave and a kill',
    whereOrdered,
    workSpreads,
  ),
  clause('C49', 'an unordered group spreads its work over two members', unorderedWorkSpreads),
]

export const handover: Family = { title: 'handover', clauses }
