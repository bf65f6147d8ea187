import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer } from '../../../consumer/consumer.ts'
import { maxHeld } from '../../../transport/subscription.ts'
import { type BusStage, onStage, whereOrdered } from '../bus/bus-stage.ts'
import type { FactEvent } from '../bus/facts.ts'
import type { GroupRuns } from '../bus/group-runs.ts'
import { watchSettlements } from '../bus/layered-transport.ts'
import { type Published, type Service, steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

/** The next handler of a key may start when the settlement before it is on its way; after a dead letter, when it is taken. */
async function noneBeforeSettlement(stage: BusStage): Promise<void> {
  const { scene } = stage
  const asked = new Set<string>()
  const answered = new Set<string>()
  const service = await stage.service({
    wrap: (transport) =>
      watchSettlements(transport, ({ delivery, as }, result) => {
        const taken = as === 'dead-letter' ? result === 'settled' : true
        if (taken) (result === undefined ? asked : answered).add(delivery.message.id)
      }),
  })
  const event = stage.event()
  const group = stage.group()
  const previous = new Map<string | undefined, string>()
  const early: string[] = []
  service.consume(group, event, {
    retry: steady(1, 2),
    body: async ({ id, key, n, attempt }) => {
      const before = previous.get(key)
      if (before !== undefined && before !== id && !asked.has(before) && !answered.has(before)) early.push(id)
      previous.set(key, id)
      await delay(scene.random() * 3)
      if (n % 10 === 7 || (n % 10 === 3 && attempt === 1)) throw new Error('the seventh of ten fails for good')
    },
  })
  await service.bus.start()
  const published = await service.publish(event, 200, { keys: 16 })
  await group.handles(published.filter(({ n }) => n % 10 !== 7))
  await stage.letters(service, group, 20)
  assert.deepEqual(early, [], 'these handlers were invoked before the settlement of the event before them')
  group.verify(published, { ordered: true, duplicates: 40 })
}

async function orderIsRefused(stage: BusStage): Promise<void> {
  const service = await stage.service()
  service.consume(stage.group(), stage.event(), { ordered: true })
  await assert.rejects(service.bus.start(), { code: 'unmet-capabilities' })
}

interface Failing {
  readonly service: Service
  readonly group: GroupRuns
  readonly consumer: Consumer
  /** Lets the failing event go to the dead letters. */
  readonly giveUp: () => void
}

/** A group where the first event of `key-0` fails until it is given up. */
async function failingFirst(stage: BusStage, event: FactEvent, ordered: boolean): Promise<Failing> {
  const service = await stage.service()
  const group = stage.group()
  let over = false
  const consumer = service.consume(group, event, {
    ordered,
    retry: { ...steady(10, 100_000), decide: () => (over ? 'dead-letter' : undefined) },
    body: ({ n }) => {
      if (n === 0) throw new Error('the first fails until it is given up')
    },
  })
  await service.bus.start()
  const giveUp = (): void => {
    over = true
  }
  return { service, group, consumer, giveUp }
}

async function retryHoldsItsKey(stage: BusStage): Promise<void> {
  const event = stage.event()
  const { service, group, giveUp } = await failingFirst(stage, event, true)
  const published = await service.publish(event, 100, { keys: 5 })
  const ofFirst = ({ key }: Published): boolean => key === 'key-0'
  await group.handles(published.filter((one) => !ofFirst(one)))
  await group.until('a second attempt', () => group.attemptsOf(published[0]?.id ?? '').length > 1)
  assert.ok(
    group.all.every(({ key, n }) => key !== 'key-0' || n === 0),
    'a retrying event holds its successors',
  )
  giveUp()
  await group.handles(published.filter(({ n }) => n !== 0))
  const letters = await stage.letters(service, group, 1)
  assert.deepEqual(
    letters.map(({ message }) => message.id),
    [published[0]?.id],
  )
  group.verify(published, { ordered: true, duplicates: group.all.length })
}

async function retryHoldsNobody(stage: BusStage): Promise<void> {
  const event = stage.event({ keyed: false })
  const { service, group, giveUp } = await failingFirst(stage, event, false)
  const published = await service.publish(event, 100, { keys: 5 })
  await group.handles(published.slice(1))
  giveUp()
  await stage.letters(service, group, 1)
}

/** More successors than a member may hold of a partition: it takes `maxHeld` of them and waits. */
async function holdingHasABound(stage: BusStage): Promise<void> {
  const event = await stage.eventOfOnePartition()
  const { service, group, consumer, giveUp } = await failingFirst(stage, event, true)
  const published = await service.publish(event, maxHeld.messages + 200)
  const full = (): boolean => service.signalsOf('partition-full').length > 0
  await group.until('the partition to be full', full)
  await delay(stage.scene.timing.quietMs)
  assert.equal(consumer.counts.held, maxHeld.messages)
  giveUp()
  await group.handles(published.slice(1))
  group.verify(published, { ordered: true, duplicates: group.all.length })
}

const clauses: readonly Clause[] = [
  clause(
    'C10',
    "the handler of a key's next event is not invoked before the settlement of the one before",
    whereOrdered({
      title: 'a group that needs order is refused: this broker keeps none',
      run: onStage(orderIsRefused),
    }),
    onStage(noneBeforeSettlement),
  ),
  clause(
    'C11',
    'a retrying event holds its key and nobody else, and its successors flow after it was given up',
    whereOrdered({ title: 'a retrying event of an unordered group holds nobody', run: onStage(retryHoldsNobody) }),
    onStage(retryHoldsItsKey),
  ),
  clause(
    'C11',
    'a retrying event holds at most so many of its partition',
    whereOrdered({ title: 'a retrying event holds nobody where no group has order', run: onStage(retryHoldsNobody) }),
    onStage(holdingHasABound),
  ),
]

export const keys: Family = { title: 'one key at a time', clauses }
