import assert from 'node:assert/strict'
import type { Capabilities } from '../../../transport/capabilities.ts'
import type { Transport } from '../../../transport/transport.ts'
import { type BusStage, onStage } from '../bus/bus-stage.ts'
import { layered } from '../bus/layered-transport.ts'
import { type ConsumeOptions, type Service, type ServiceOptions, steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import { refuses } from '../expect.ts'

async function startsAgain(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  const consumer = service.consume(group, event, { ordered: stage.orderedIfPossible })
  const published = []
  for (const from of [0, 10, 20]) {
    await service.bus.start()
    published.push(...(await service.publish(event, 10, { keys: 3, from })))
    await group.completes(published, { ordered: stage.orderedIfPossible })
    await service.bus.stop()
    assert.equal(consumer.state, 'stopped')
    await refuses(service.bus.publish(event, { key: 'late', n: 0 }), 'bus-not-started')
  }
}

async function publishOnlyStartsAgain(stage: BusStage): Promise<void> {
  const [service, reader] = [await stage.service(), await stage.service()]
  const event = stage.event()
  const group = stage.group()
  reader.consume(group, event, { ordered: stage.orderedIfPossible })
  await reader.bus.start()
  const published = []
  for (const from of [0, 10, 20]) {
    await service.bus.start()
    published.push(...(await service.publish(event, 10, { keys: 3, from })))
    await service.bus.stop()
  }
  await group.completes(published, { ordered: stage.orderedIfPossible })
}

/** What is asked of the broker besides publishing. */
function recording(asked: string[]): (transport: Transport) => Transport {
  return (transport) =>
    layered(transport, {
      subscribe: (options) => {
        asked.push(`subscribe to ${options.group.name}`)
        return transport.subscribe(options)
      },
      topology: {
        plan: (topology) => transport.topology.plan(topology),
        verify: (topology) => transport.topology.verify(topology),
        ensure: (topology) => {
          for (const { name } of topology.topics) asked.push(`topic ${name}`)
          for (const { name } of topology.groups) asked.push(`group ${name}`)
          return transport.topology.ensure(topology)
        },
      },
    })
}

async function sendOnlyCreatesNoGroup(stage: BusStage): Promise<void> {
  const declared = stage.event()
  const undeclared = stage.event()
  const asked: string[] = []
  const service = await stage.started({ events: [declared], wrap: recording(asked) })
  const outcomes = []
  for (const event of [declared, undeclared, declared]) {
    outcomes.push(await service.bus.publish(event, { key: 'key-0', n: 0 }))
  }
  assert.deepEqual(asked, [`topic ${declared.topic}`, `topic ${undeclared.topic}`])
  const { detectsNoGroup } = stage.scene.capabilities
  assert.deepEqual(
    outcomes.map(({ unheard }) => unheard),
    outcomes.map(() => detectsNoGroup),
    'nobody hears it, and where the broker tells, it says so',
  )
  assert.equal(service.bus.counts.unheard, detectsNoGroup ? 3 : 0)
}

interface Wish {
  readonly lacking: Partial<Capabilities>
  readonly bus?: ServiceOptions
  readonly consumer?: ConsumeOptions
  /** In the error. */
  readonly word: RegExp
}

/** What an app may ask for, and the server that lacks just that. */
const wishes: readonly Wish[] = [
  { lacking: { orderedGroups: false }, consumer: { ordered: true }, word: /order/ },
  { lacking: { history: false }, consumer: { startAt: 'earliest' }, word: /history|earliest/ },
  { lacking: { maxHoldMs: 1_000 }, consumer: { ordered: true, retry: steady(501, 3) }, word: /hold/ },
  { lacking: { detectsNoGroup: false }, bus: { unheard: 'reject' }, word: /unheard/ },
]

const full: Partial<Capabilities> = {
  orderedGroups: true,
  history: true,
  maxHoldMs: Number.POSITIVE_INFINITY,
  detectsNoGroup: true,
}

/** A server that says this of itself. */
const saying =
  (capabilities: Capabilities) =>
  (transport: Transport): Transport =>
    layered(transport, { connect: async () => capabilities })

async function wishOf(stage: BusStage, wish: Wish, asked: string[]): Promise<Service> {
  const capabilities = { ...stage.scene.capabilities, ...full, ...wish.lacking }
  const wrap = (transport: Transport): Transport => saying(capabilities)(recording(asked)(transport))
  const service = await stage.service({ ...wish.bus, wrap })
  service.consume(stage.group(), stage.event(), wish.consumer)
  return service
}

async function wishesAreRefused(stage: BusStage): Promise<void> {
  for (const wish of wishes) {
    const asked: string[] = []
    const service = await wishOf(stage, wish, asked)
    const error = await service.bus.start().then(
      () => assert.fail(`started on a server that lacks ${JSON.stringify(wish.lacking)}`),
      (reason: unknown) => reason as { code?: string; unmet?: readonly string[] },
    )
    assert.equal(error.code, 'unmet-capabilities')
    assert.equal(error.unmet?.length, 1)
    assert.match(error.unmet?.[0] ?? '', wish.word)
    assert.deepEqual(asked, [], 'nothing is made or read before the refusal')
  }
}

/** Who asks for nothing special starts on the poorest server, and on this one with all that it can do. */
async function defaultsAdapt(stage: BusStage): Promise<void> {
  const { capabilities } = stage.scene
  const poor = { ...capabilities, history: false, detectsNoGroup: false, maxHoldMs: 600_000, orderedGroups: false }
  const modest = await stage.service({ wrap: saying(poor) })
  const event = stage.event()
  const group = stage.group()
  modest.consume(group, event, { ordered: false })
  await modest.bus.start()
  await group.completes(await modest.publish(event, 10))

  const demanding = await stage.service(capabilities.detectsNoGroup ? { unheard: 'reject' } : {})
  const other = stage.event()
  const ofOther = stage.group()
  const { maxHoldMs, history, orderedGroups } = capabilities
  demanding.consume(ofOther, other, {
    ordered: orderedGroups,
    startAt: history ? 'earliest' : 'available',
    retry: steady(Math.min(maxHoldMs, 3_600_000), 2),
  })
  await demanding.bus.start()
  await ofOther.completes(await demanding.publish(other, 10))
}

async function earliestHasHistory(stage: BusStage): Promise<void> {
  const event = stage.event()
  const publisher = await stage.started({ events: [event] })
  const published = await publisher.publish(event, 20, { keys: 4 })
  const late = await stage.service()
  const group = stage.group()
  late.consume(group, event, { startAt: 'earliest', ordered: stage.orderedIfPossible })
  await late.bus.start()
  await group.completes(published, { ordered: stage.orderedIfPossible })
}

async function earliestIsRefused(stage: BusStage): Promise<void> {
  const service = await stage.service()
  service.consume(stage.group(), stage.event(), { startAt: 'earliest', ordered: stage.orderedIfPossible })
  await refuses(service.bus.start(), 'unmet-capabilities')
}

async function unheardIsRejected(stage: BusStage): Promise<void> {
  const event = stage.event()
  const service = await stage.started({ unheard: 'reject' })
  await refuses(service.bus.publish(event, { key: 'key-0', n: 0 }), 'unheard')
  const reader = await stage.service()
  reader.consume(stage.group(), event, { ordered: stage.orderedIfPossible })
  await reader.bus.start()
  await service.publish(event, 3)
}

async function unheardIsRefused(stage: BusStage): Promise<void> {
  const service = await stage.service({ unheard: 'reject' })
  await refuses(service.bus.start(), 'unmet-capabilities')
}

async function unknownTopicRejects(stage: BusStage): Promise<void> {
  const [event, known] = [stage.event(), stage.event({ topic: await stage.scene.topic({ ordered: true }) })]
  const service = await stage.started({ topology: 'none' })
  const neighbours = [service.publish(known, 5), service.publish(known, 5, { from: 5 })]
  await refuses(service.bus.publish(event, { key: 'key-0', n: 0 }), 'unknown-topic')
  await Promise.all(neighbours)
  const strict = await stage.service({ topology: 'verify', events: [event] })
  await refuses(strict.bus.start(), 'topology-mismatch')
}

const clauses: readonly Clause[] = [
  clause(
    'C08',
    'a consumer that starts at the earliest handles the whole history',
    {
      when: (server) => server.history,
      otherwise: {
        title: 'a consumer that starts at the earliest is refused: no history here',
        run: onStage(earliestIsRefused),
      },
    },
    onStage(earliestHasHistory),
  ),
  clause(
    'C08',
    'what an app asks for and the server lacks is refused before anything is made',
    onStage(wishesAreRefused),
  ),
  clause('C08', 'a default adapts to the server, and what it can do is granted', onStage(defaultsAdapt)),
  clause(
    'C14',
    'a bus that wants every event heard rejects what no group gets',
    {
      when: (server) => server.detectsNoGroup,
      otherwise: {
        title: 'a bus that wants every event heard is refused: nobody tells here',
        run: onStage(unheardIsRefused),
      },
    },
    onStage(unheardIsRejected),
  ),
  clause(
    'C14',
    'a bus that makes no topics rejects an unknown one, and its neighbours pass',
    onStage(unknownTopicRejects),
  ),
  clause('C27', 'a bus starts, stops and starts again, three times', onStage(startsAgain)),
  clause('C27', 'a bus that only publishes starts, stops and starts again', onStage(publishOnlyStartsAgain)),
  clause('C35', 'a bus that only publishes makes no group and reads nothing', onStage(sendOnlyCreatesNoGroup)),
]

export const starting: Family = { title: 'starting a bus', clauses }
