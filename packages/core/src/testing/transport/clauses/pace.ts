import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer } from '../../../consumer/consumer.ts'
import { circuitBreaker } from '../../../middleware/circuit-breaker.ts'
import { type BusStage, onStage } from '../bus/bus-stage.ts'
import { Crowd } from '../bus/crowd.ts'
import type { GroupRuns } from '../bus/group-runs.ts'
import { type Published, steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

interface Busy {
  readonly stage: BusStage
  readonly group: GroupRuns
  readonly consumer: Consumer
  readonly crowd: Crowd
  readonly published: readonly Published[]
}

/** A consumer whose handlers all wait, before more work than it may do at once. */
async function busyConsumer(stage: BusStage, concurrency: number): Promise<Busy> {
  const service = await stage.service()
  const event = stage.event({ keyed: false })
  const group = stage.group()
  const crowd = new Crowd()
  const consumer = service.consume(group, event, { concurrency, prefetch: concurrency, body: () => crowd.enter() })
  await service.bus.start()
  const published = await service.publish(event, 60)
  return { stage, group, consumer, crowd, published }
}

/** Exactly so many run now, and go on to be so many. */
async function runsAtOnce({ stage, group, crowd }: Busy, count: number): Promise<void> {
  await group.until(`${count} handlers at once`, () => crowd.size === count)
  await delay(stage.scene.timing.quietMs)
  assert.equal(crowd.size, count)
}

async function finishes(busy: Busy): Promise<void> {
  busy.crowd.open()
  await busy.group.completes(busy.published)
}

async function limitHolds(stage: BusStage): Promise<void> {
  const busy = await busyConsumer(stage, 3)
  for (let round = 1; round <= 3; round++) {
    await runsAtOnce(busy, 3)
    busy.crowd.release()
  }
  await finishes(busy)
  assert.equal(busy.crowd.most, 3)
}

async function limitIsRaised(stage: BusStage): Promise<void> {
  const busy = await busyConsumer(stage, 2)
  await runsAtOnce(busy, 2)
  busy.consumer.concurrency = 20
  await runsAtOnce(busy, 20)
  await finishes(busy)
  assert.equal(busy.crowd.most, 20)
}

async function limitIsLowered(stage: BusStage): Promise<void> {
  const busy = await busyConsumer(stage, 10)
  await runsAtOnce(busy, 10)
  busy.consumer.concurrency = 3
  assert.equal(busy.crowd.size, 10, 'those that run go on')
  busy.crowd.release()
  await runsAtOnce(busy, 3)
  await finishes(busy)
}

async function limitGoesUpAndDown(stage: BusStage): Promise<void> {
  const busy = await busyConsumer(stage, 4)
  for (const concurrency of [4, 1, 12, 2]) {
    busy.consumer.concurrency = concurrency
    busy.crowd.release()
    await runsAtOnce(busy, concurrency)
  }
  await finishes(busy)
}

async function pausedTakesNothing(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  const consumer = service.consume(group, event, { ordered: stage.orderedIfPossible })
  await service.bus.start()
  const before = await service.publish(event, 10, { keys: 3 })
  await group.handles(before)
  consumer.pause()
  assert.equal(consumer.state, 'paused')
  const after = await service.publish(event, 20, { keys: 3, from: 10 })
  await group.quiet(stage.scene.timing.leaseMs * 3)
  assert.equal(group.all.length, before.length, 'nothing is handled during a pause')
  consumer.resume()
  assert.equal(consumer.state, 'running')
  await group.completes([...before, ...after], { ordered: stage.orderedIfPossible })
}

/** A pause in the middle of the work: what runs ends, what is held stays held for as long as it takes. */
async function pausedKeepsWhatItHolds(stage: BusStage): Promise<void> {
  const busy = await busyConsumer(stage, 4)
  await runsAtOnce(busy, 4)
  busy.consumer.pause()
  busy.crowd.release()
  await delay(stage.scene.timing.leaseMs * 3)
  assert.equal(busy.crowd.size, 0, 'no handler starts')
  assert.equal(busy.consumer.counts.lost, 0)
  busy.consumer.resume()
  await finishes(busy)
}

/** Who is busy takes no more than it asked for ahead; the rest is its peer's. */
async function busyMemberLeavesTheRest(stage: BusStage): Promise<void> {
  const event = stage.event({ keyed: false })
  const group = stage.group()
  const [busy, idle] = [await stage.service(), await stage.service()]
  const crowd = new Crowd()
  const prefetch = 10
  const stuck = busy.consume(group, event, { concurrency: 2, prefetch, body: () => crowd.enter() })
  await busy.bus.start()
  const published = await busy.publish(event, 200)
  await group.until('two handlers to run', () => crowd.size === 2)
  idle.consume(group, event)
  await idle.bus.start()
  const byPeer = (): number => group.ended.filter(({ by }) => by === idle.name).length
  // Where work is shared by partition, the busy member keeps those that it holds something of, which may be all.
  const rest = stage.scene.sharesByPartition ? 0 : published.length - prefetch * 3
  await group.until('the peer to handle the rest', () => byPeer() >= rest)
  await group.quiet()
  assert.ok(stuck.counts.held <= prefetch * 2, `it holds ${stuck.counts.held} with a prefetch of ${prefetch}`)
  assert.equal(crowd.size, 2)
  crowd.open()
  await group.completes(published)
}

/** Nothing becomes a dead letter for an outage that its handlers depend on. */
async function breakerPauses(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  let isOut = true
  const changes: string[] = []
  const breaker = circuitBreaker({ minimum: 5, pauseMs: 100, onChange: ({ to }) => changes.push(to) })
  const consumer = service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    use: [breaker],
    retry: steady(1, 1_000),
    body: () => {
      if (isOut) throw new Error('the database is away')
    },
  })
  await service.bus.start()
  const published = await service.publish(event, 50, { keys: 20 })
  await group.until('the consumer to pause', () => consumer.state === 'paused')
  isOut = false
  await group.handles(published, stage.retryPatienceMs(10))
  await group.until('the circuit to close', () => changes.at(-1) === 'closed')
  assert.equal(consumer.state, 'running')
  assert.equal(consumer.counts.deadLettered, 0)
  group.verify(published, { ordered: stage.orderedIfPossible, duplicates: group.all.length })
}

const clauses: readonly Clause[] = [
  clause('C36', 'as many handlers run at once as the consumer may run', onStage(limitHolds)),
  clause('C36', 'the limit is raised while handlers run', onStage(limitIsRaised)),
  clause('C36', 'the limit is lowered while handlers run, and those that run go on', onStage(limitIsLowered)),
  clause('C36', 'the limit goes up and down', onStage(limitGoesUpAndDown)),
  clause('C37', 'a paused consumer takes nothing, and goes on where it was', onStage(pausedTakesNothing)),
  clause('C37', 'a paused consumer keeps what it holds for longer than its lease', onStage(pausedKeepsWhatItHolds)),
  clause(
    'C37',
    'a busy member holds what it asked for and leaves the rest to its peers',
    onStage(busyMemberLeavesTheRest),
  ),
  clause('C37', 'a circuit breaker pauses its consumer through an outage, and nothing is lost', onStage(breakerPauses)),
]

export const pace: Family = { title: 'pace', clauses }
