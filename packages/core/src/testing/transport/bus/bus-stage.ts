import type { DeadLetter } from '../../../transport/dead-letters.ts'
import type { Choice, Clause } from '../clause.ts'
import { explain } from '../explain.ts'
import type { ConnectOptions } from '../harness.ts'
import type { Scene } from '../scene.ts'
import { defineFact, type FactEvent, type FactOptions } from './facts.ts'
import { GroupRuns } from './group-runs.ts'
import { Service, type ServiceOptions } from './service.ts'

type StageOptions = ServiceOptions & Partial<ConnectOptions>

/** A scene whose members are services: buses that are stopped whatever happens. */
export class BusStage {
  readonly scene: Scene
  /** For `ordered` of consumers that would as soon do without: in an ordered group a retry waits for no broker. */
  readonly orderedIfPossible: boolean
  readonly #services: Service[] = []
  readonly #groups: GroupRuns[] = []

  constructor(scene: Scene) {
    this.scene = scene
    this.orderedIfPossible = scene.capabilities.orderedGroups
  }

  /** An event with a name and, unless told, a topic of its own; keyed unless told. */
  event(options?: FactOptions): FactEvent {
    return defineFact(this.scene.name('event'), options)
  }

  /** The same on a topic with one partition: all of its deliveries are in one hand. */
  async eventOfOnePartition(): Promise<FactEvent> {
    return this.event({ topic: await this.scene.topic({ ordered: true, partitions: 1 }) })
  }

  group(): GroupRuns {
    const group = new GroupRuns(this.scene.name('group'), this.scene)
    this.#groups.push(group)
    return group
  }

  /** One more process; not started. `isolated` when it will crash. */
  async service({ isolated = false, ...options }: StageOptions = {}): Promise<Service> {
    const member = await this.scene.member({ isolated })
    const name = this.scene.name('service')
    const service = await Service.create(name, member, { leaseMs: this.scene.timing.leaseMs, ...options })
    this.#services.push(service)
    return service
  }

  async started(options?: StageOptions): Promise<Service> {
    const service = await this.service(options)
    await service.bus.start()
    return service
  }

  /** Waits until the group has so many dead letters. */
  async letters(service: Service, group: GroupRuns, count: number): Promise<readonly DeadLetter[]> {
    let letters: readonly DeadLetter[] = []
    const reached = async (): Promise<boolean> => {
      letters = await service.letters(group.name)
      return letters.length >= count
    }
    await this.scene.until(`${count} dead letters of ${group.name}`, reached, this.scene.timing.patienceMs)
    return letters
  }

  /** How long so many retries in a row may take where the broker holds them. */
  retryPatienceMs(retries: number): number {
    const { minMs, overshoot } = this.scene.capabilities.retryDelay
    return this.scene.timing.patienceMs + retries * (minMs + overshoot)
  }

  describe(): string {
    return this.#groups.map((group) => group.describe()).join('\n')
  }

  async dispose(): Promise<void> {
    const stopped = this.#services.map(async ({ bus, crashed }) => {
      const stopping = bus.stop({ graceMs: 0 }).catch(() => {})
      // What is left of a crashed process waits for nobody, and nobody waits for it.
      if (!crashed) await stopping
    })
    await Promise.all(stopped)
  }
}

export const whereOrdered = (otherwise: Choice['otherwise']): Choice => ({
  when: (server) => server.orderedGroups,
  otherwise,
})

/** The run of a clause that needs buses; when its time is over they are stopped under it. */
export function onStage(run: (stage: BusStage) => Promise<void>): Clause['run'] {
  return async (scene) => {
    const stage = new BusStage(scene)
    const cut = (): void => void stage.dispose()
    scene.signal.addEventListener('abort', cut)
    try {
      await run(stage)
    } catch (error) {
      throw explain(error, stage.describe())
    } finally {
      scene.signal.removeEventListener('abort', cut)
      await stage.dispose()
    }
  }
}
