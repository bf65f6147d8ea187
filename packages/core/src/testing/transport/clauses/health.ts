import assert from 'node:assert/strict'
import { ConnectionFailedError, type TransportError, UnsupportedError } from '../../../transport/errors.ts'
import type { Delivery } from '../../../transport/subscription.ts'
import type { Transport } from '../../../transport/transport.ts'
import { type BusStage, onStage } from '../bus/bus-stage.ts'
import { layered, layeredSubscription } from '../bus/layered-transport.ts'
import { quickClock } from '../bus/quick-clock.ts'
import type { Service } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

const noticedMs = 10_000

function turns(stage: BusStage, service: Service, healthy: boolean, withinMs: number): Promise<void> {
  const reached = async (): Promise<boolean> => (await service.bus.health()).healthy === healthy
  return stage.scene.until(`the bus to be ${healthy ? 'healthy' : 'unhealthy'}`, reached, withinMs)
}

async function awayIsUnhealthy(stage: BusStage): Promise<void> {
  const { scene } = stage
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  service.consume(group, event, { ordered: stage.orderedIfPossible })
  assert.equal((await service.bus.health()).healthy, false, 'before its start')
  await service.bus.start()
  const before = await service.publish(event, 3)
  await group.handles(before)
  const health = await service.bus.health()
  assert.equal(health.healthy, true)
  assert.deepEqual(health.consumers, [{ group: group.name, state: 'running', stalledMs: 0 }])

  service.member.network.blackHole()
  try {
    await turns(stage, service, false, noticedMs)
  } finally {
    service.member.network.heal()
  }
  await turns(stage, service, true, scene.timing.leaseMs + scene.timing.heartbeatMs * 2 + scene.timing.patienceMs)
  const after = await service.publish(event, 3, { from: 3 })
  await group.handles(after, scene.timing.leaseMs + scene.timing.patienceMs)
  await service.bus.stop()
  assert.equal((await service.bus.health()).healthy, false, 'after its stop')
}

/** Subscriptions that break when told to, and can't be made anew until they are mended. */
class Breakable {
  #error: TransportError | undefined
  readonly #breaks = new Set<(error: TransportError) => void>()

  break(error: TransportError): void {
    this.#error = error
    for (const reject of this.#breaks) reject(error)
    this.#breaks.clear()
  }

  mend(): void {
    this.#error = undefined
  }

  readonly wrap = (transport: Transport): Transport =>
    layered(transport, {
      subscribe: async (options) => {
        if (this.#error !== undefined) throw this.#error
        const subscription = await transport.subscribe(options)
        const broken = new Promise<never>((_resolve, reject) => this.#breaks.add(reject))
        broken.catch(() => {})
        return layeredSubscription(subscription, {
          [Symbol.asyncIterator]: (): AsyncIterator<readonly Delivery[]> => {
            const iterator = subscription[Symbol.asyncIterator]()
            return { next: () => Promise.race([iterator.next(), broken]) }
          },
        })
      },
    })
}

/** So many times as fast: what takes a bus ten seconds is seen in half of one. */
const times = 20

interface Broken {
  readonly service: Service
  readonly breakable: Breakable
  handlesMore(): Promise<void>
}

async function withBreakableConsumer(stage: BusStage): Promise<Broken> {
  const breakable = new Breakable()
  const service = await stage.service({ clock: quickClock(times), wrap: breakable.wrap })
  const event = stage.event()
  const group = stage.group()
  service.consume(group, event, { ordered: stage.orderedIfPossible })
  await service.bus.start()
  let from = 0
  const handlesMore = async (): Promise<void> => {
    const published = await service.publish(event, 3, { from })
    from += 3
    await group.handles(published, stage.scene.timing.leaseMs + stage.scene.timing.patienceMs)
  }
  await handlesMore()
  return { service, breakable, handlesMore }
}

async function brokenConsumerIsUnhealthy(stage: BusStage): Promise<void> {
  const { service, breakable, handlesMore } = await withBreakableConsumer(stage)
  breakable.break(new ConnectionFailedError('away'))
  await turns(stage, service, false, noticedMs / times)
  const [consumer] = (await service.bus.health()).consumers
  assert.equal(consumer?.state, 'recovering')
  assert.ok((consumer?.stalledMs ?? 0) > 0)
  breakable.mend()
  await turns(stage, service, true, stage.scene.timing.patienceMs)
  await handlesMore()
  assert.ok(service.signalsOf('broken').length > 0, 'an observer is told')
}

async function failedConsumerIsUnhealthy(stage: BusStage): Promise<void> {
  const { service, breakable, handlesMore } = await withBreakableConsumer(stage)
  breakable.break(new UnsupportedError('for good'))
  await turns(stage, service, false, noticedMs / times)
  const failed = async (): Promise<boolean> => (await service.bus.health()).consumers[0]?.state === 'failed'
  await stage.scene.until('the consumer to give up', failed, stage.scene.timing.patienceMs)
  assert.ok(service.logged.some(({ level }) => level === 'error'))
  breakable.mend()
  await service.bus.stop()
  await service.bus.start()
  await turns(stage, service, true, stage.scene.timing.patienceMs)
  await handlesMore()
}

const clauses: readonly Clause[] = [
  clause(
    'C45',
    'a bus is unhealthy within 10 s when its broker is away, and healthy when it is back',
    onStage(awayIsUnhealthy),
  ),
  clause(
    'C45',
    'a bus is unhealthy within 10 s when its consumer can not read, and healthy when it can',
    onStage(brokenConsumerIsUnhealthy),
  ),
  clause('C45', 'a consumer that gave up is unhealthy until its bus starts again', onStage(failedConsumerIsUnhealthy)),
]

export const health: Family = { title: 'health', clauses }
