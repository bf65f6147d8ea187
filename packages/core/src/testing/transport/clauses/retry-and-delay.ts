import assert from 'node:assert/strict'
import type { Message } from '../../../transport/message.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import type { Consumption, Handle } from '../consumption.ts'
import { verdict } from '../expect.ts'
import type { Scene } from '../scene.ts'

/** The clock of this process is not the timer's: a millisecond may be rounded away. */
const roundingMs = 2

async function retryCarriesAttempt(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { minMs } = scene.capabilities.retryDelay
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) =>
      delivery.attempt < 3
        ? { delivery, as: 'retry', delayMs: minMs, attempt: delivery.attempt + 1 }
        : { delivery, as: 'ack' },
  })
  const sent = scene.messages(topic, 5)
  await scene.publish(sent)
  await got.count(sent.length * 3)
  await got.quiet()
  for (const { id } of sent) assert.deepEqual(attemptsOf(got, id), [1, 2, 3])
}

async function releaseBurnsNone(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const looks = new Map<string, number>()
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) => {
      const look = (looks.get(delivery.message.id) ?? 0) + 1
      looks.set(delivery.message.id, look)
      return { delivery, as: look < 4 ? 'release' : 'ack' }
    },
  })
  const sent = scene.messages(topic, 5)
  await scene.publish(sent)
  await got.count(sent.length * 4)
  await got.quiet()
  for (const { id } of sent) assert.deepEqual(attemptsOf(got, id), [1, 1, 1, 1])
}

async function retryReachesTheGroupOnly(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { minMs } = scene.capabilities.retryDelay
  const once: Handle = (delivery) =>
    delivery.attempt === 1 ? { delivery, as: 'retry', delayMs: minMs, attempt: 2 } : { delivery, as: 'ack' }
  const failing = await scene.consume(scene.group(topic), { handle: once })
  const bystander = await scene.consume(scene.group(topic))
  const sent = scene.messages(topic, 20)
  await scene.publish(sent)
  await failing.count(40)
  await bystander.completes(sent)
}

async function delaysAreKept(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { minMs } = scene.capabilities.retryDelay
  const delays = [minMs, minMs + 150, minMs + 400]
  const due = new Map<string, number>()
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) => {
      if (delivery.attempt > 1) return { delivery, as: 'ack' }
      const delayMs = delays[due.size % delays.length] as number
      due.set(delivery.message.id, performance.now() + delayMs)
      return { delivery, as: 'retry', delayMs, attempt: 2 }
    },
  })
  const sent = scene.messages(topic, 30)
  await scene.publish(sent)
  await got.count(60)
  assertPunctual(scene, got, due)
}

/** Head-of-line: a second behind five minutes. */
async function shortDelaysPassLongOnes(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { minMs, maxMs } = scene.capabilities.retryDelay
  const longMs = Math.min(maxMs, minMs + 300_000)
  const due = new Map<string, number>()
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) => {
      if (delivery.attempt > 1) return { delivery, as: 'ack' }
      if (due.size < 10 && Number(delivery.message.key?.slice(4)) % 2 === 0) {
        return { delivery, as: 'retry', delayMs: longMs, attempt: 2 }
      }
      due.set(delivery.message.id, performance.now() + minMs)
      return { delivery, as: 'retry', delayMs: minMs, attempt: 2 }
    },
  })
  const sent = scene.messages(topic, 20, { keys: 20 })
  await scene.publish(sent)
  await got.until('the short delays', () => got.deliveries.filter(({ attempt }) => attempt === 2).length >= due.size)
  assertPunctual(scene, got, due)
}

/** Forty, because a broker's shared delay queue may stall once some thirty have nowhere to go. */
async function deletedGroupStallsNobody(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { minMs } = scene.capabilities.retryDelay
  const delayMs = minMs + 300
  const later: Handle = (delivery) =>
    delivery.attempt === 1 ? { delivery, as: 'retry', delayMs, attempt: 2 } : { delivery, as: 'ack' }
  const doomed = scene.group(topic)
  const gone = await scene.consume(doomed, { handle: later })
  await scene.publish(scene.messages(topic, 40))
  await gone.until('40 retries to be taken', () => gone.arrivals.all.filter((one) => one.settled).length >= 40)
  await gone.close()
  await scene.broker.revoke(doomed.name)

  const due = new Map<string, number>()
  const got = await scene.consume(scene.group(topic, { startAt: 'latest' }), {
    handle: (delivery) => {
      if (delivery.attempt === 1) due.set(delivery.message.id, performance.now() + delayMs)
      return later(delivery)
    },
  })
  const sent = scene.messages(topic, 5)
  await scene.publish(sent)
  await got.count(10)
  assertPunctual(scene, got, due)
}

async function delayOutlivesRestart(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const delayMs = scene.capabilities.retryDelay.minMs + 500
  const due = new Map<string, number>()
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) => {
      if (delivery.attempt > 1) return { delivery, as: 'ack' }
      // A broker that dies may forget what it was told, so the first comes again: its first retry is due when it was.
      if (!due.has(delivery.message.id)) due.set(delivery.message.id, performance.now() + delayMs)
      return { delivery, as: 'retry', delayMs, attempt: 2 }
    },
  })
  const sent = scene.messages(topic, 10)
  await scene.publish(sent)
  await got.until('every retry to be taken', () => got.arrivals.all.filter((one) => one.settled).length >= 10)
  await scene.broker.restart()
  const retried = (): Set<string> =>
    new Set(got.deliveries.filter(({ attempt }) => attempt === 2).map((one) => one.message.id))
  await got.until('every retry to come after the restart', () => retried().size === sent.length)
  assertNotEarly(got, due)
}

async function retriesFlowAfterRestart(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  await scene.broker.restart()
  await scene.topic({ name: topic })
  await retryCarriesAttempt(scene)
}

/** The monotonic clock is read first: a pause between the two readings then excuses nothing but that much earliness. */
function forLater(scene: Scene, topic: string): { late: Message[]; due: Map<string, number> } {
  const delayMs = Math.max(300, scene.capabilities.retryDelay.minMs)
  const dueAt = performance.now() + delayMs
  const late = scene.messages(topic, 10, { notBefore: Date.now() + delayMs })
  return { late, due: new Map(late.map((message) => [message.id, dueAt])) }
}

async function publishedForLater(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const { late, due } = forLater(scene, topic)
  const now = scene.messages(topic, 10)
  await scene.publish([...late, ...now])
  await got.gets(now)
  await got.completes([...late, ...now])
  assertPunctual(scene, got, due)
}

async function laterOutlivesPublisher(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const publisher = await scene.member()
  const { late, due } = forLater(scene, topic)
  await scene.publish(late, publisher)
  await publisher.dispose()
  await got.completes(late)
  assertPunctual(scene, got, due)
}

async function publishForLaterIsRefused(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const [late] = scene.messages(topic, 1, { notBefore: Date.now() + 60_000 }) as [Message]
  const now = scene.messages(topic, 2)
  const outcomes = await scene.offer([late, ...now])
  assert.deepEqual(outcomes.map(verdict), ['unsupported', 'accepted', 'accepted'])
  await got.completes(now)
}

function attemptsOf(got: Consumption, id: string): number[] {
  return got.deliveries.filter(({ message }) => message.id === id).map(({ attempt }) => attempt)
}

/** The last arrival of each message, against the moment that it was due. */
function lateness(got: Consumption, due: ReadonlyMap<string, number>): Map<string, number> {
  const late = new Map<string, number>()
  for (const { id, at } of got.arrivals.all) {
    const dueAt = due.get(id)
    if (dueAt !== undefined) late.set(id, at - dueAt)
  }
  return late
}

function assertNotEarly(got: Consumption, due: ReadonlyMap<string, number>): void {
  for (const [id, lateMs] of lateness(got, due)) assert.ok(lateMs >= -roundingMs, `${id} came ${-lateMs} ms early`)
}

/** Half a second more than the broker's own tolerance: this process may be busy. */
function assertPunctual(scene: Scene, got: Consumption, due: ReadonlyMap<string, number>): void {
  assertNotEarly(got, due)
  const allowedMs = scene.capabilities.retryDelay.overshoot + 500
  for (const [id, lateMs] of lateness(got, due)) assert.ok(lateMs <= allowedMs, `${id} came ${lateMs} ms late`)
}

const clauses: readonly Clause[] = [
  clause('C18', 'a retry carries the attempt that it was given', retryCarriesAttempt),
  clause('C18', 'a release burns no attempt', releaseBurnsNone),
  clause('C22', 'a retry of one group reaches no other group', retryReachesTheGroupOnly),
  clause('C23', 'a delayed retry is never early and not later than the server says', delaysAreKept),
  clause('C23', 'short delays do not wait for long ones', shortDelaysPassLongOnes),
  clause('C23', 'the delays of a deleted group stall nobody', deletedGroupStallsNobody),
  clause(
    'C23',
    'a delayed retry outlives a restart of the broker and is not early after it',
    {
      when: (server) => server.durable,
      otherwise: { title: 'retries flow again after a restart of the broker', run: retriesFlowAfterRestart },
    },
    delayOutlivesRestart,
  ),
  clause(
    'C23',
    'a message published for later is not delivered before it is due',
    {
      when: (server) => server.delayedPublish !== false,
      otherwise: {
        title: 'a message published for later is refused: this broker keeps none',
        run: publishForLaterIsRefused,
      },
    },
    publishedForLater,
  ),
  clause(
    'C23',
    'a message published for later outlives its publisher',
    {
      when: (server) => server.delayedPublish !== false,
      otherwise: { title: 'messages beside one that was refused for its delay arrive', run: publishForLaterIsRefused },
    },
    laterOutlivesPublisher,
  ),
]

export const retryAndDelay: Family = { title: 'retry and delay', clauses }
