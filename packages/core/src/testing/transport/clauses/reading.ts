import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { handle } from '../../../consumer/handler.ts'
import { defineEvent } from '../../../event/define-event.ts'
import type { Message } from '../../../transport/message.ts'
import { type BusStage, onStage } from '../bus/bus-stage.ts'
import { defineFact, type FactEvent } from '../bus/facts.ts'
import { steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import { facts } from '../messages.ts'

/** Whatever a handler or middleware does to what it is given, nobody else may see it. */
async function mutationsStay(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const [group, other] = [stage.group(), stage.group()]
  const seen: unknown[] = []
  const spoil = (target: object): void => {
    for (const name of Object.keys(target)) (target as Record<string, unknown>)[name] = 'spoilt'
  }
  service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    retry: steady(1, 3),
    use: [
      async (context, next) => {
        spoil(context.event.extensions)
        await next()
      },
    ],
    body: (run) => {
      seen.push({ ...run.event, data: { ...run.event.data }, extensions: undefined })
      spoil(run.event.data)
      spoil(run.event)
      throw new Error('spoilt')
    },
  })
  service.consume(other, event, { ordered: stage.orderedIfPossible })
  await service.bus.start()
  const drafted = { definition: event, data: { key: 'key-0', n: 0, text: 'intact' } }
  const published = await service.publishAll([{ ...drafted, options: { extensions: { tenant: 'blue' } } }])
  const [letter] = await stage.letters(service, group, 1)
  assert.equal(seen.length, 3)
  for (const each of seen) assert.deepEqual(each, seen[0], 'an attempt sees nothing of the one before')
  const id = published[0]?.id ?? ''
  assert.deepEqual(facts(letter?.message as Message), facts(service.sent(id)))
  await other.handles(published)
  assert.equal(other.all[0]?.event.extensions.tenant, 'blue')
}

const bytesSchema: StandardSchemaV1<Uint8Array> = {
  '~standard': {
    version: 1,
    vendor: 'eventspine-suite',
    validate: (value: unknown) =>
      value instanceof Uint8Array ? { value } : { issues: [{ message: 'these are no bytes' }] },
  },
}

async function spoiltBytesStay(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = defineEvent(stage.scene.name('event'), { schema: bytesSchema, key: () => 'one' })
  const group = stage.group()
  const seen: number[][] = []
  const spoiling = handle(event, ({ data }) => {
    seen.push([...data])
    data.fill(0)
    throw new Error('spoilt')
  })
  const { leaseMs } = stage.scene.timing
  const ordered = stage.orderedIfPossible
  service.bus.subscribe({ group: group.name, on: [spoiling], ordered, leaseMs, retry: steady(1, 2) })
  await service.bus.start()
  const sent = Uint8Array.of(1, 2, 3)
  await service.bus.publish(event, sent)
  const [letter] = await stage.letters(service, group, 1)
  assert.deepEqual(seen, [
    [1, 2, 3],
    [1, 2, 3],
  ])
  assert.deepEqual([...(letter?.message.body ?? [])], [1, 2, 3])
}

/** A message of the event's type as somebody else might have published it. */
function foreign(event: FactEvent, id: string, change: Partial<Message>): Message {
  const headers = new Map([
    ['ce_specversion', '1.0'],
    ['ce_id', id],
    ['ce_source', 'https://elsewhere.example'],
    ['ce_type', event.type],
    ['content-type', 'application/json'],
  ])
  const body = new TextEncoder().encode('{"key":"key-0","n":0}')
  return { topic: event.topic, id, source: 'https://elsewhere.example', key: 'key-0', headers, body, ...change }
}

async function unreadableIsSetAside(stage: BusStage): Promise<void> {
  const { scene } = stage
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  const consumer = service.consume(group, event, { ordered: stage.orderedIfPossible, retry: { decide: () => 'retry' } })
  await service.bus.start()
  const utf8 = new TextEncoder()
  const unreadable = [
    foreign(event, scene.name('broken'), { body: utf8.encode('{') }),
    foreign(event, scene.name('wrong'), { body: utf8.encode('{"key":7}') }),
    foreign(event, scene.name('nameless'), { headers: new Map([['content-type', 'application/json']]) }),
    foreign(event, scene.name('deep'), { body: utf8.encode('['.repeat(500) + ']'.repeat(500)) }),
  ]
  await scene.publish(unreadable)
  const published = await service.publish(event, 3)
  await group.handles(published)
  const letters = await stage.letters(service, group, unreadable.length)
  const codes = new Map(letters.map(({ message, failure }) => [message.id, `${failure.code}, ${failure.attempts}`]))
  assert.deepEqual(
    unreadable.map(({ id }) => codes.get(id)),
    ['undecodable, 0', 'invalid-data, 0', 'undecodable, 0', 'limit-exceeded, 0'],
  )
  for (const { message } of letters) {
    assert.deepEqual(facts(message), facts(unreadable.find(({ id }) => id === message.id) as Message))
  }
  await group.completes(published)
  assert.deepEqual([consumer.counts.handled, consumer.counts.retried], [3, 0])
}

async function unhandledIsSkipped(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const unhandled = defineFact(stage.scene.name('other'), { topic: event.topic })
  const [group, both] = [stage.group(), stage.group()]
  const consumer = service.consume(group, event, { ordered: stage.orderedIfPossible })
  service.consume(both, [event, unhandled], { ordered: stage.orderedIfPossible })
  await service.bus.start()
  const skipped = await service.publish(unhandled, 5)
  const published = await service.publish(event, 5)
  await group.completes(published)
  await both.completes([...skipped, ...published])
  assert.deepEqual([consumer.counts.skipped, consumer.counts.deadLettered], [5, 0])
  await stage.scene.until('every ack', async () => consumer.counts.held === 0, stage.scene.timing.patienceMs)
  await service.bus.stop()
  const again = await stage.service()
  again.consume(group, [event, unhandled], { ordered: stage.orderedIfPossible })
  await again.bus.start()
  await delay(stage.scene.timing.quietMs)
  await group.quiet()
}

const clauses: readonly Clause[] = [
  clause(
    'C22',
    'what a handler or middleware does to an event, no retry, dead letter or other group sees',
    onStage(mutationsStay),
  ),
  clause('C22', 'what a handler does to bytes, no retry or dead letter sees', onStage(spoiltBytesStay)),
  clause(
    'C25',
    'what can not be read is a dead letter without an attempt, and the next flows',
    onStage(unreadableIsSetAside),
  ),
  clause('C25', 'an event that its group does not handle is acked and counted as skipped', onStage(unhandledIsSkipped)),
]

export const reading: Family = { title: 'what handlers are given', clauses }
