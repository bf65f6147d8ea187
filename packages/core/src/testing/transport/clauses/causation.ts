import assert from 'node:assert/strict'
import { NonRetryableError } from '../../../consumer/errors.ts'
import { draft } from '../../../event/draft.ts'
import type { Event } from '../../../event/event.ts'
import { idempotency } from '../../../middleware/idempotency.ts'
import { memoryInbox } from '../../../middleware/memory-inbox.ts'
import { createOutbox } from '../../../outbox/outbox.ts'
import { createRelay } from '../../../outbox/relay.ts'
import { type BusStage, onStage } from '../bus/bus-stage.ts'
import { scratchOutbox } from '../bus/scratch-outbox.ts'
import { steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const tracestate = 'vendor=value'

const trail = ({ source, correlationId, causationId, traceparent, tracestate }: Event): object => ({
  source,
  correlationId,
  causationId,
  traceparent,
  tracestate,
})

/** From an order to its payment, over a retry, and from there over a dead letter and its replay to whoever looks on. */
async function trailIsKept(stage: BusStage): Promise<void> {
  const [orders, payments] = [await stage.service(), await stage.service()]
  const [ordered, paid] = [stage.event(), stage.event()]
  const [paying, auditing] = [stage.group(), stage.group()]
  payments.consume(paying, ordered, {
    ordered: stage.orderedIfPossible,
    retry: steady(1, 3),
    body: async ({ key = '', n, attempt }, context) => {
      if (attempt === 1) throw new Error('once')
      await context.publish(paid, { key, n })
    },
  })
  orders.consume(auditing, paid, {
    ordered: stage.orderedIfPossible,
    body: () => {
      if (auditing.all.length <= 2) throw new NonRetryableError('a dead letter first')
    },
  })
  await orders.bus.start()
  await payments.bus.start()
  const [correlated, alone] = await orders.publishAll([
    draft(ordered, { key: 'key-0', n: 0 }, { correlationId: 'visit-1', traceparent, tracestate }),
    draft(ordered, { key: 'key-1', n: 1 }, { traceparent, tracestate }),
  ])
  const letters = await stage.letters(orders, auditing, 2)
  assert.equal(await orders.bus.deadLetters(auditing.name).replay(() => true), 2)
  await auditing.until('both replays', () => auditing.ended.length === 2)

  const source = orders.bus.source
  const first = { source, correlationId: 'visit-1', causationId: undefined, traceparent, tracestate }
  const entry = { ...first, correlationId: undefined }
  for (const run of paying.all) assert.deepEqual(trail(run.event), run.n === 0 ? first : entry)
  assert.equal(paying.all.length, 4)
  for (const { n, event } of auditing.all) {
    const [cause, correlationId] = n === 0 ? [correlated, 'visit-1'] : [alone, alone?.id]
    const expected = { ...first, source: payments.bus.source, correlationId, causationId: cause?.id }
    assert.deepEqual(trail(event), expected, 'what a handler publishes was caused by its event')
  }
  assert.equal(auditing.all.length, 4)
  for (const { message } of letters) {
    assert.equal(message.headers.get('traceparent'), traceparent)
    assert.equal(message.source, payments.bus.source)
  }
}

/** One id through publish, attempts, dead letter and replay. */
async function idIsKept(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const [group, other] = [stage.group(), stage.group()]
  let mended = false
  service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    retry: steady(1, 2),
    body: () => {
      if (!mended) throw new Error('not mended')
    },
  })
  service.consume(other, event, { ordered: stage.orderedIfPossible })
  await service.bus.start()
  const id = `${stage.scene.name('order')}/4711~β`
  const published = await service.publishAll([draft(event, { key: 'key-0', n: 0 }, { id })])
  assert.equal(published[0]?.id, id)
  const letters = await stage.letters(service, group, 1)
  assert.deepEqual(
    letters.map(({ message }) => message.id),
    [id],
  )
  mended = true
  await service.bus.deadLetters(group.name).replay((letter) => letter.message.id === id)
  await group.handles(published)
  await other.handles(published)
  assert.deepEqual(
    [...group.all, ...other.all].map((run) => run.event.id),
    [id, id, id, id],
  )
}

/** The same id is the same event: however often it is published, replayed or redelivered, its effect counts once. */
async function idIsTheInboxsKey(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  let fails = true
  const consumer = service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    use: [idempotency(memoryInbox())],
    body: () => {
      if (fails) throw new NonRetryableError('a dead letter first')
    },
  })
  await service.bus.start()
  const once = [draft(event, { key: 'key-0', n: 0 }, { id: stage.scene.name('order') })]
  const published = await service.publishAll(once)
  await stage.letters(service, group, 1)
  fails = false
  await service.bus.deadLetters(group.name).replay(() => true)
  await group.handles(published)
  await service.publishAll(once)
  const marker = await service.publish(event, 1, { from: 1 })
  await group.handles(marker)
  assert.equal(group.ended.filter(({ n }) => n === 0).length, 1)
  assert.ok(consumer.counts.handled >= 2, 'what was handled before is acked all the same')
}

/** What a handler wrote to its outbox goes with its transaction; what it published at once is out. */
async function ghostsStayUnsent(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const [event, kept, immediate] = [stage.event(), stage.event(), stage.event()]
  const [group, audit] = [stage.group(), stage.group()]
  const { store, transaction } = scratchOutbox()
  const outbox = createOutbox({ store, source: service.bus.source })
  service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    retry: steady(1, 2),
    body: ({ key = '', n, event: cause }, context) =>
      transaction(async (tx) => {
        outbox.publish(tx, kept, { key, n }, { cause })
        await context.publish(immediate, { key, n })
        if (n === 0) throw new Error('rolls back')
      }),
  })
  service.consume(audit, [kept, immediate], { ordered: stage.orderedIfPossible })
  await service.bus.start()
  const { transport, capabilities } = service.member
  const relay = createRelay({ store, transport, capabilities, poll: { minMs: 5, maxMs: 20 } })
  await relay.start()
  try {
    const published = await service.publish(event, 2, { keys: 2 })
    await stage.letters(service, group, 1)
    await audit.until('the effects', () => audit.all.length >= 4)
    await audit.quiet()
    const effects = audit.all.map((run) => `${run.topic === kept.topic ? 'kept' : 'immediate'} ${run.n}`)
    assert.deepEqual(effects.toSorted(), ['immediate 0', 'immediate 0', 'immediate 1', 'kept 1'])
    const last = audit.all.find(({ topic }) => topic === kept.topic)
    assert.equal(last?.event.causationId, published[1]?.id)
  } finally {
    await relay.stop({ graceMs: 0 })
  }
}

const clauses: readonly Clause[] = [
  clause(
    'C26',
    'what a failed handler wrote to its outbox is never sent, what it published at once is',
    onStage(ghostsStayUnsent),
  ),
  clause(
    'C44',
    'source, correlation, causation and trace are kept over hop, retry, dead letter and replay',
    onStage(trailIsKept),
  ),
  clause('C46', 'the id of an event is kept over attempts, dead letter and replay', onStage(idIsKept)),
  clause('C46', 'an event that comes again under its id has its effect once', onStage(idIsTheInboxsKey)),
]

export const causation: Family = { title: 'cause and identity', clauses }
