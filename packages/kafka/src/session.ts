import { atMost, type Message, systemClock } from '@eventspine/core/transport'
import { maxMessageBytes, readLimits, type ServerLimits } from './capabilities.ts'
import { Catalog } from './catalog.ts'
import { Copies } from './copies.ts'
import { delayTopics } from './delays.ts'
import type { Cluster, Driver } from './driver/driver.ts'
import type { Incidents } from './incidents.ts'
import type { Settings } from './options.ts'
import { Positions } from './positions.ts'
import { Sender } from './producing/sender.ts'
import { Publisher } from './publisher.ts'
import { Registry } from './registry.ts'
import { TopicMaker } from './topic-maker.ts'
import type { TopologyHost } from './topology.ts'

const probeMs = 3_000

/** Everything of a transport that lives from connect to close: two connections, and what is known of the cluster. */
export class Session {
  readonly driver: Driver
  readonly limits: ServerLimits
  /** For questions; publishing has a connection of its own. */
  readonly shared: Cluster
  readonly catalog: Catalog
  readonly sender: Sender
  readonly publisher: Publisher
  readonly copies: Copies
  readonly registry: Registry
  readonly positions: Positions
  readonly topologyHost: TopologyHost
  readonly #producing: Cluster
  readonly #closing: AbortController
  readonly #flushMs: number

  static async open(
    driver: Driver,
    settings: Settings,
    incidents: Incidents,
    isNew: (topic: string) => void,
    signal?: AbortSignal,
  ): Promise<Session> {
    const shared = driver.open()
    try {
      await shared.connect()
      const limits = await readLimits(shared, signal)
      const producing = driver.open()
      await producing.connect()
      return new Session({ driver, settings, incidents, isNew, shared, producing, limits })
    } catch (error) {
      shared.close()
      throw error
    }
  }

  constructor(parts: {
    readonly driver: Driver
    readonly settings: Settings
    readonly incidents: Incidents
    readonly isNew: (topic: string) => void
    readonly shared: Cluster
    readonly producing: Cluster
    readonly limits: ServerLimits
  }) {
    const { driver, settings, incidents, shared, producing, limits } = parts
    const { maxBatchBytes } = limits
    this.driver = driver
    this.limits = limits
    this.shared = shared
    this.#producing = producing
    this.#closing = new AbortController()
    this.#flushMs = settings.requestTimeoutMs
    const { signal } = this.#closing
    this.catalog = new Catalog(shared, signal, settings.metadataMaxAgeMs)
    const { catalog } = this
    const { idempotent } = settings
    this.sender = new Sender({ cluster: producing, catalog, incidents, idempotent, maxBatchBytes })
    const maker = new TopicMaker(shared, catalog, settings)
    this.copies = new Copies(catalog, this.sender, maker, parts.isNew)
    this.publisher = new Publisher({
      catalog,
      sender: this.sender,
      maxMessageBytes: maxMessageBytes(limits),
      maxBatchBytes,
      later: (message, delayMs) => this.copies.later(message, delayMs),
    })
    this.registry = new Registry(shared, catalog, maker, this.sender)
    this.positions = new Positions(shared, catalog, signal)
    this.topologyHost = {
      catalog,
      registry: this.registry,
      maker,
      positions: this.positions,
      partitions: settings.partitions,
    }
  }

  async laterAgain(message: Message, delayMs: number): Promise<void> {
    const result = await this.copies.later(message, delayMs)
    if (result !== undefined) throw result.error
  }

  async delayTopicsThere(prefix: string): Promise<readonly string[]> {
    const topics = delayTopics(prefix)
    const known = await this.catalog.refresh(topics)
    return topics.filter((topic) => known.has(topic))
  }

  async answers(): Promise<boolean> {
    const asked = this.shared.connect().then(
      () => true,
      () => false,
    )
    return atMost(systemClock, probeMs, asked, () => false)
  }

  async flush(): Promise<void> {
    await atMost(systemClock, this.#flushMs, this.publisher.flush(), () => {})
  }

  async close(): Promise<void> {
    await this.sender.close(this.#flushMs)
    this.#closing.abort()
    this.shared.close()
    this.#producing.close()
  }
}
