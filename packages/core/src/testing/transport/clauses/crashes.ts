import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { type BusStage, onStage, whereOrdered } from '../bus/bus-stage.ts'
import { Crowd } from '../bus/crowd.ts'
import type { FactEvent } from '../bus/facts.ts'
import { type GroupRuns, never } from '../bus/group-runs.ts'
import { type Published, type Service, steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

async function longHandlerRunsOnce(stage: BusStage): Promise<void> {
  const event = stage.event()
  const group = stage.group()
  const { leaseMs } = stage.scene.timing
  const services = [await stage.service(), await stage.service()]
  for (const service of services) {
    service.consume(group, event, { ordered: stage.orderedIfPossible, body: () => delay(leaseMs * 3) })
    await service.bus.start()
  }
  const published = await (services[0] as Service).publish(event, 6, { keys: 6 })
  await group.completes(published, {}, leaseMs * 3 + stage.scene.timing.patienceMs)
  assert.deepEqual(
    services.map(({ bus }) => bus.counts.publishFailed),
    [0, 0],
  )
}

async function peersFinish(stage: BusStage): Promise<void> {
  const event = stage.event()
  const group = stage.group()
  const [doomed, peer] = [await stage.service({ isolated: true }), await stage.service()]
  doomed.consume(group, event, { ordered: stage.orderedIfPossible, body: () => never() })
  peer.consume(group, event, { ordered: stage.orderedIfPossible })
  await doomed.bus.start()
  const published = await peerless(stage, event, 20)
  await group.until('a handler to run', () => group.all.length > 0)
  await peer.bus.start()
  await doomed.crash()
  const { leaseMs, patienceMs } = stage.scene.timing
  await group.handles(published, leaseMs + patienceMs)
  assert.ok(
    group.ended.every(({ attempt }) => attempt === 1),
    'a crash is no failed attempt',
  )
}

/** Published by a service that consumes nothing. */
async function peerless(stage: BusStage, event: FactEvent, count: number): Promise<readonly Published[]> {
  const publisher = await stage.started({ events: [event] })
  return publisher.publish(event, count, { keys: 20 })
}

/** The attempt that a handler is told after its event failed twice in a process that died in the third. */
async function attemptAfterCrash(stage: BusStage): Promise<number> {
  const event = await stage.eventOfOnePartition()
  const group = stage.group()
  const [doomed, peer] = [await stage.service({ isolated: true }), await stage.service()]
  const third = new Crowd()
  const consumer = doomed.consume(group, event, {
    retry: steady(1, 10),
    body: ({ n, attempt }) => {
      if (n !== 0) return undefined
      if (attempt < 3) throw new Error('its first two attempts fail')
      return third.enter()
    },
  })
  peer.consume(group, event)
  await doomed.bus.start()
  const failing = await doomed.publish(event, 1)
  await group.until('the third attempt', () => third.size === 1)
  // Where attempts are kept with a commit, this ack brings one about.
  const other = await doomed.publish(event, 2, { keys: 2 })
  await group.until('another key to be acked', () => consumer.counts.handled > 0 && consumer.counts.held <= 2)
  await doomed.crash()
  await peer.bus.start()
  await group.handles([...failing, ...other.slice(1)], stage.scene.timing.leaseMs + stage.scene.timing.patienceMs)
  return group.attemptsOf(failing[0]?.id ?? '').at(-1) ?? 0
}

/** Small, for each crash costs a lease; a bystander is given back once for every two counts of the poison. */
const isolateAfter = 1
const giveUpAfter = 6

/** Starts process after process, each of which dies when it meets the poison, until all that can be handled is. */
async function crashLoop(stage: BusStage, event: FactEvent, ordered: boolean): Promise<void> {
  const { leaseMs, patienceMs } = stage.scene.timing
  const publisher = await stage.started({ events: [event] })
  const group = stage.group()
  await declare(stage, event, group, ordered)
  const published = await publisher.publish(event, 60, { keys: 6 })
  const poison = published[20] as Published
  const bystanders = published.filter((one) => one !== poison)
  const isOver = async (): Promise<boolean> => {
    const letters = await publisher.letters(group.name)
    const gone = new Set([...group.ended.map(({ id }) => id), ...letters.map(({ message }) => message.id)])
    return published.every(({ id }) => gone.has(id))
  }
  let crashes = 0
  for (let process = 1; process <= giveUpAfter * 2; process++) {
    const service = await stage.service({ isolated: true })
    let death: Promise<void> | undefined
    service.consume(group, event, {
      ordered,
      suspects: { isolateAfter, giveUpAfter },
      body: async ({ id }) => {
        if (id !== poison.id) return delay(2)
        death = service.crash()
        return never()
      },
    })
    await service.bus.start()
    const goesOn = async (): Promise<boolean> => service.crashed || (await isOver())
    await stage.scene.until('a crash or the end', goesOn, leaseMs * 2 + patienceMs)
    if (death === undefined) break
    crashes += 1
    await death
    // A successor that came earlier would count the bystanders up, and the poison only when the lease is over.
    await delay(leaseMs)
  }
  const letters = await publisher.letters(group.name)
  const told = letters.map(({ message, failure }) => `${message.id} ${failure.code}`)
  assert.deepEqual(told, [`${poison.id} crash-loop`], `after ${crashes} crashes only the poison is a dead letter`)
  assert.ok(crashes < giveUpAfter, `${crashes} crashes`)
  await group.handles(bystanders)
}

/** The group exists before the first event, also where the broker keeps no history. */
async function declare(stage: BusStage, event: FactEvent, group: GroupRuns, ordered: boolean): Promise<void> {
  const service = await stage.service()
  service.consume(group, event, { ordered })
  await service.bus.start()
  await service.bus.stop()
}

const clauses: readonly Clause[] = [
  clause(
    'C18',
    'attempts that failed in place are as known after a crash as the server says',
    whereOrdered({
      title: 'a crash is no failed attempt where no group has order',
      run: onStage(peersFinish),
    }),
    onStage(async (stage) => {
      const expected = stage.scene.capabilities.attempts === 'durable' ? 3 : 1
      assert.equal(await attemptAfterCrash(stage), expected)
    }),
  ),
  clause('C42', 'a handler that takes three leases runs once', onStage(longHandlerRunsOnce)),
  clause('C43', 'the handlers of its peers finish what a crashed process held', onStage(peersFinish)),
  clause(
    'C53',
    'an event that kills its process is the only dead letter of an ordered group',
    whereOrdered({
      title: 'an event that kills its process is the only dead letter where no group has order',
      run: onStage((stage) => crashLoop(stage, stage.event({ keyed: false }), false)),
    }),
    onStage(async (stage) => crashLoop(stage, await stage.eventOfOnePartition(), true)),
  ),
  clause(
    'C53',
    'an event that kills its process is the only dead letter of an unordered group',
    onStage((stage) => crashLoop(stage, stage.event({ keyed: false }), false)),
  ),
]

export const crashes: Family = { title: 'crashes under handlers', clauses }
