import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { isEventspineError } from '../../../error.ts'
import { draft } from '../../../event/draft.ts'
import { PublishFailedError } from '../../../transport/errors.ts'
import type { Message, Outcome } from '../../../transport/message.ts'
import type { Transport } from '../../../transport/transport.ts'
import { type BusStage, onStage, whereOrdered } from '../bus/bus-stage.ts'
import { type FactEvent, facts } from '../bus/facts.ts'
import type { Body, GroupRuns } from '../bus/group-runs.ts'
import { layered } from '../bus/layered-transport.ts'
import type { Published, Service } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

/** Handlers that now and then take a moment, so that everything that could overtake them gets its chance. */
function unsteady(stage: BusStage): Body {
  const { scene } = stage
  return () => (scene.random() < 0.2 ? delay(scene.random() * 4) : undefined)
}

async function orderPerKey(stage: BusStage): Promise<void> {
  const event = stage.event()
  const group = stage.group()
  const services = await Promise.all(Array.from({ length: 3 }, () => stage.service()))
  for (const service of services) {
    service.consume(group, event, { ordered: stage.orderedIfPossible, body: unsteady(stage) })
    await service.bus.start()
  }
  const published = await (services[0] as Service).publish(event, 1_000, { keys: 16 })
  await group.completes(published, { ordered: stage.orderedIfPossible })
}

/** Publishes until it is told to stop. */
function load(stage: BusStage, service: Service, event: FactEvent): { stop: () => Promise<readonly Published[]> } {
  const published: Published[] = []
  let running = true
  const run = async (): Promise<void> => {
    while (running && !stage.scene.signal.aborted) {
      published.push(...(await service.publish(event, 40, { keys: 40, from: published.length })))
      await delay(5)
    }
  }
  const ended = run()
  return {
    stop: async () => {
      running = false
      await ended
      return published
    },
  }
}

interface Team {
  readonly group: GroupRuns
  readonly members: Service[]
  join(): Promise<void>
  /** Waits for so many more runs. */
  works(runs: number): Promise<void>
  finish(): Promise<readonly Published[]>
}

async function teamUnderLoad(stage: BusStage, isolated: boolean): Promise<Team> {
  const event = stage.event()
  const group = stage.group()
  const { leaseMs, patienceMs } = stage.scene.timing
  const members: Service[] = []
  const join = async (): Promise<void> => {
    const service = await stage.service({ isolated })
    service.consume(group, event, { body: unsteady(stage) })
    await service.bus.start()
    members.push(service)
  }
  await join()
  await join()
  const publisher = load(stage, await stage.started({ events: [event] }), event)
  return {
    group,
    members,
    join,
    works: (runs) => {
      const target = group.all.length + runs
      return group.until(`${runs} more runs`, () => group.all.length >= target, leaseMs * 3 + patienceMs)
    },
    finish: async () => {
      const published = await publisher.stop()
      await group.handles(published, leaseMs * 3 + patienceMs)
      return published
    },
  }
}

async function handoversKeepOrder(stage: BusStage): Promise<void> {
  const team = await teamUnderLoad(stage, false)
  for (let handover = 1; handover <= 5; handover++) {
    await team.works(80)
    await team.join()
    await team.works(40)
    await team.members.shift()?.bus.stop()
  }
  const published = await team.finish()
  await team.group.quiet()
  const duplicates = stage.scene.handoverDuplicates ? published.length : 0
  team.group.verify(published, { ordered: true, duplicates })
}

async function crashesKeepOrder(stage: BusStage): Promise<void> {
  const team = await teamUnderLoad(stage, true)
  for (let crash = 1; crash <= 3; crash++) {
    await team.works(100)
    await team.join()
    await team.members.shift()?.crash()
  }
  const published = await team.finish()
  team.group.verify(published, { ordered: true, duplicates: team.group.all.length })
}

/** A broker that refuses one message in fifty for the moment, and what follows of its key in the same call. */
function moody(stage: BusStage): (transport: Transport) => Transport {
  const { random } = stage.scene
  return (transport) =>
    layered(transport, {
      publish: async (messages, options) => {
        const halted = new Set<string>()
        const isTaken = ({ topic, key = '' }: Message): boolean => {
          const lane = JSON.stringify([topic, key])
          if (random() < 0.02) halted.add(lane)
          return !halted.has(lane)
        }
        const taken = messages.map(isTaken)
        const outcomes = await transport.publish(
          messages.filter((_, at) => taken[at]),
          options,
        )
        const answers = outcomes.values()
        const refusal: Outcome = { accepted: false, error: new PublishFailedError('not now') }
        return taken.map((isIn) => (isIn ? (answers.next().value as Outcome) : refusal))
      },
    })
}

async function partialFailureKeepsOrder(stage: BusStage): Promise<void> {
  const event = stage.event()
  const group = stage.group()
  const [publisher, reader] = [await stage.service({ wrap: moody(stage) }), await stage.service()]
  reader.consume(group, event, { ordered: stage.orderedIfPossible })
  await reader.bus.start()
  await publisher.bus.start()
  const bursts = await Promise.all([0, 100, 200].map((from) => publisher.publish(event, 100, { keys: 10, from })))
  await group.completes(bursts.flat(), { ordered: stage.orderedIfPossible })
  assert.deepEqual(publisher.bus.counts, { published: 300, publishFailed: 0, unheard: 0 })
}

/** What can never be sent is told to whoever published it, and to nobody beside it in the batch. */
async function refusedAlone(stage: BusStage): Promise<void> {
  const { maxMessageBytes } = stage.scene.capabilities
  const event = stage.event()
  const group = stage.group()
  const service = await stage.service()
  service.consume(group, event, { ordered: stage.orderedIfPossible })
  await service.bus.start()
  const drafts = [
    ...facts(event, 50, { keys: 5 }),
    draft(event, { key: 'key-0', n: 50, text: 'x'.repeat(maxMessageBytes) }),
    draft(event, { key: 'key-1', n: Number.NaN }),
    ...facts(event, 50, { keys: 5, from: 52 }),
  ]
  const outcomes = await service.bus.publishAll(drafts)
  const told = outcomes.map((outcome) => (outcome.accepted ? 'accepted' : codeOf(outcome.error)))
  assert.deepEqual([told[50], told[51]], ['message-too-large', 'invalid-data'])
  assert.ok(
    told.every((verdict, at) => at === 50 || at === 51 || verdict === 'accepted'),
    told.join(),
  )
  const accepted = outcomes.flatMap((outcome, at): Published[] => {
    const { n } = drafts[at]?.data ?? {}
    return outcome.accepted ? [{ id: outcome.id, topic: event.topic, key: `key-${n % 5}`, n }] : []
  })
  await group.completes(accepted, { ordered: stage.orderedIfPossible })
}

const codeOf = (error: unknown): string => (isEventspineError(error) ? error.code : String(error))

async function lostAnswersKeepOrder(stage: BusStage): Promise<void> {
  const { scene } = stage
  const event = stage.event()
  const group = stage.group()
  const [publisher, reader] = [await stage.started({ events: [event] }), await stage.service()]
  reader.consume(group, event, { ordered: stage.orderedIfPossible })
  await reader.bus.start()
  publisher.member.network.dropResponses({ ratio: 0.2, seed: scene.seed })
  const published: Published[] = []
  try {
    for (let from = 0; from < 500; from += 100) {
      published.push(...(await publisher.publish(event, 100, { keys: 10, from })))
    }
  } finally {
    publisher.member.network.heal()
  }
  await group.handles(published)
  group.verify(published, { ordered: stage.orderedIfPossible, duplicates: published.length })
}

const clauses: readonly Clause[] = [
  clause('C09', '1,000 events of 16 keys are handled in order by three processes', onStage(orderPerKey)),
  clause('C12', 'a batch that is refused in part goes on, each key in its order', onStage(partialFailureKeepsOrder)),
  clause('C12', 'what can not be sent is refused alone, whoever shares its batch', onStage(refusedAlone)),
  clause('C12', 'lost answers lose no event and invert no key', onStage(lostAnswersKeepOrder)),
  clause(
    'C48',
    'five handovers between processes under load invert no key and run no handler twice',
    whereOrdered({ title: 'three processes share an unordered group', run: onStage(orderPerKey) }),
    onStage(handoversKeepOrder),
  ),
  clause(
    'C48',
    'three crashes of processes under load invert no key and lose nothing',
    whereOrdered({ title: 'three processes lose nothing of an unordered group', run: onStage(orderPerKey) }),
    onStage(crashesKeepOrder),
  ),
]

export const busOrder: Family = { title: 'order through a bus', clauses }
