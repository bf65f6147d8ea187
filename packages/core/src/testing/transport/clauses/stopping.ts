import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { HandlerContext } from '../../../consumer/handler.ts'
import { type BusStage, onStage } from '../bus/bus-stage.ts'
import { Crowd } from '../bus/crowd.ts'
import { quickClock } from '../bus/quick-clock.ts'
import { type Clause, clause, type Family } from '../clause.ts'

async function stopWaits(stage: BusStage): Promise<void> {
  const [stopping, next] = [await stage.service(), await stage.service()]
  const event = stage.event()
  const group = stage.group()
  const crowd = new Crowd()
  const signals: AbortSignal[] = []
  const consumer = stopping.consume(group, event, {
    ordered: stage.orderedIfPossible,
    body: (_run, { signal }) => {
      signals.push(signal)
      return crowd.enter()
    },
  })
  await stopping.bus.start()
  const published = await stopping.publish(event, 3, { keys: 3 })
  await group.until('three handlers to run', () => crowd.size === 3)
  let isStopped = false
  const stopped = stopping.bus.stop({ graceMs: stage.scene.timing.patienceMs * 4 }).then(() => {
    isStopped = true
  })
  await delay(stage.scene.timing.quietMs * 2)
  assert.equal(isStopped, false, 'stop() waits for handlers that run')
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, false, false],
    'no signal aborts before the grace is over',
  )
  crowd.open()
  await stopped
  assert.ok(
    signals.every(({ aborted }) => !aborted),
    'nor when the handlers have ended',
  )
  assert.deepEqual([consumer.counts.handled, consumer.counts.held, consumer.counts.running], [3, 0, 0])
  next.consume(group, event, { ordered: stage.orderedIfPossible })
  await next.bus.start()
  await delay(stage.scene.timing.quietMs)
  await group.completes(published)
}

/** A handler may still publish while its bus stops. */
async function stopFlushesWhatHandlersPublish(stage: BusStage): Promise<void> {
  const [stopping, reader] = [await stage.service(), await stage.service()]
  const [event, effect] = [stage.event(), stage.event()]
  const [group, ofEffect] = [stage.group(), stage.group()]
  const crowd = new Crowd()
  stopping.consume(group, event, {
    ordered: stage.orderedIfPossible,
    body: async ({ n, key = '' }, context) => {
      await crowd.enter()
      await context.publish(effect, { key, n })
    },
  })
  reader.consume(ofEffect, effect, { ordered: stage.orderedIfPossible })
  await reader.bus.start()
  await stopping.bus.start()
  await stopping.publish(event, 3, { keys: 3 })
  await group.until('three handlers to run', () => crowd.size === 3)
  const stopped = stopping.bus.stop()
  await delay(stage.scene.timing.quietMs)
  crowd.open()
  await stopped
  assert.equal(group.ended.length, 3)
  await ofEffect.until('three effects', () => ofEffect.ended.length === 3)
}

/** Handlers that heed their signal when the grace is over, whatever they throw then, have failed nothing. */
async function graceEnds(stage: BusStage): Promise<void> {
  const [stopping, next] = [await stage.service(), await stage.service()]
  const event = stage.event()
  const group = stage.group()
  const reasons: unknown[] = []
  const consumer = stopping.consume(group, event, {
    ordered: stage.orderedIfPossible,
    body: (_run, { signal }) =>
      untilAborted(signal).catch((error) => {
        reasons.push(signal.reason)
        throw error
      }),
  })
  await stopping.bus.start()
  const published = await stopping.publish(event, 6, { keys: 3 })
  await group.until('three handlers to run', () => group.running >= 3)
  const startedAt = performance.now()
  await stopping.bus.stop({ graceMs: 100 })
  assert.ok(performance.now() - startedAt >= 90, 'stop() gives the handlers their grace')
  assert.ok(reasons.length > 0)
  for (const reason of reasons) assert.equal((reason as { code?: unknown }).code, 'consumer-stopped')
  assert.deepEqual(stopping.signalsOf('attempt-failed'), [], 'that is no failure')
  assert.deepEqual(
    stopping.logged.filter(({ level }) => level === 'error'),
    [],
  )
  assert.deepEqual([consumer.counts.retried, consumer.counts.deadLettered, consumer.counts.handled], [0, 0, 0])
  next.consume(group, event, { ordered: stage.orderedIfPossible })
  await next.bus.start()
  await group.handles(published)
  const again = group.all.filter(({ by }) => by === next.name)
  assert.deepEqual(
    again.map(({ attempt }) => attempt),
    published.map(() => 1),
    'no attempt is burnt',
  )
}

function untilAborted(signal: HandlerContext['signal']): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(new Error('interrupted'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** A handler that ignores its signal is left behind: its event goes to the next. */
async function deafHandlerIsLeftBehind(stage: BusStage): Promise<void> {
  const [stopping, next] = [await stage.service({ clock: quickClock(10) }), await stage.service()]
  const event = stage.event()
  const group = stage.group()
  const crowd = new Crowd()
  stopping.consume(group, event, { ordered: stage.orderedIfPossible, body: () => crowd.enter() })
  await stopping.bus.start()
  const published = await stopping.publish(event, 1)
  await group.until('a handler to run', () => crowd.size === 1)
  await stopping.bus.stop({ graceMs: 0 })
  next.consume(group, event, { ordered: stage.orderedIfPossible })
  await next.bus.start()
  await group.handles(published)
  assert.deepEqual(group.attemptsOf(published[0]?.id ?? ''), [1, 1])
  crowd.open()
  await group.quiet()
}

/** Nothing that waits for the broker, neither a settlement nor a publish, keeps a process from its end. */
async function stopEndsWithoutTheBroker(stage: BusStage): Promise<void> {
  const clock = quickClock(20)
  const service = await stage.service({ clock })
  const event = stage.event()
  const group = stage.group()
  const crowd = new Crowd()
  service.consume(group, event, { ordered: stage.orderedIfPossible, body: () => crowd.enter() })
  await service.bus.start()
  await service.publish(event, 3, { keys: 3 })
  await group.until('three handlers to run', () => crowd.size === 3)
  service.member.network.blackHole()
  try {
    const waiting = service.bus.publish(event, { key: 'key-0', n: 3 }).catch(() => undefined)
    const startedAt = clock.now()
    const stopped = service.bus.stop({ graceMs: 1_000 })
    crowd.open()
    await stopped
    const tookMs = clock.now() - startedAt
    assert.ok(tookMs < 20_000, `the stop took ${tookMs} ms by the clock of the bus`)
    await waiting
  } finally {
    service.member.network.heal()
  }
}

const clauses: readonly Clause[] = [
  clause('C28', 'a stop waits for running handlers, and aborts nothing before its grace is over', onStage(stopWaits)),
  clause('C28', 'what handlers publish while their bus stops is published', onStage(stopFlushesWhatHandlersPublish)),
  clause(
    'C29',
    'a stop ends soon after its grace although the broker does not answer',
    onStage(stopEndsWithoutTheBroker),
  ),
  clause('C29', 'when the grace is over signals abort, no failure is counted and no attempt burnt', onStage(graceEnds)),
  clause(
    'C29',
    'a handler that ignores its signal is left behind, and its event goes on',
    onStage(deafHandlerIsLeftBehind),
  ),
]

export const stopping: Family = { title: 'stopping a bus', clauses }
