import type { Catalog } from './catalog.ts'
import { deadTopic, delayRetentionMs, delayTopics, laterPrefix, retryPrefix } from './delays.ts'
import type { Cluster, NewTopic } from './driver/driver.ts'
import { DriverError } from './driver/driver.ts'
import type { Settings } from './options.ts'
import { retrying } from './retrying.ts'

/** Partition 0 holds the letters, partition 1 says which are gone. */
const deadPartitions = 2

/** Creates topics, the users' and those that the adapter keeps its own in. */
export class TopicMaker {
  readonly #cluster: Cluster
  readonly #catalog: Catalog
  readonly #settings: Settings
  readonly #making = new Map<string, Promise<void>>()

  constructor(cluster: Cluster, catalog: Catalog, settings: Settings) {
    this.#cluster = cluster
    this.#catalog = catalog
    this.#settings = settings
  }

  forUser(name: string, partitions: number | undefined): NewTopic {
    const { retentionMs } = this.#settings
    const config = retentionMs === undefined ? {} : { 'retention.ms': String(retentionMs) }
    return this.#topic(name, partitions ?? this.#settings.partitions, config)
  }

  /** What a group needs: dead letters, and delay topics, of which an ordered group uses the first (for replays) only. */
  ofGroup(group: string, ordered: boolean): readonly NewTopic[] {
    const retries = delayTopics(retryPrefix(group))
    return [this.#dead(group), ...(ordered ? retries.slice(0, 1) : retries).map((name) => this.#delay(name))]
  }

  ofLater(): readonly NewTopic[] {
    return delayTopics(laterPrefix).map((name) => this.#delay(name))
  }

  registry(name: string): NewTopic {
    return this.#topic(name, 1, { 'cleanup.policy': 'compact' })
  }

  #dead(group: string): NewTopic {
    return this.#topic(deadTopic(group), deadPartitions, { 'retention.ms': '-1', 'retention.bytes': '-1' })
  }

  /** By the broker's clock: that of whoever wrote may go wrong. */
  #delay(name: string): NewTopic {
    return this.#topic(name, this.#settings.retryPartitions, {
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(delayRetentionMs),
      'retention.bytes': '-1',
    })
  }

  #topic(name: string, partitions: number, config: Readonly<Record<string, string>>): NewTopic {
    return { name, partitions, replicationFactor: this.#settings.replicationFactor, config }
  }

  /** Creates those that are missing and waits until they can be written to; resolves with the names that it made. */
  async make(topics: readonly NewTopic[]): Promise<readonly string[]> {
    const names = topics.map(({ name }) => name)
    const there = await this.#catalog.refresh(names)
    const missing = topics.filter(({ name }) => !there.has(name))
    if (missing.length === 0) return []
    const results = await retrying(() => this.#cluster.createTopics(missing), { withinMs: 60_000 })
    const made: string[] = []
    for (const [name, error] of results) {
      if (error === undefined) made.push(name)
      else if (error !== 'TOPIC_ALREADY_EXISTS') throw new DriverError(error, `Creating topic ${name}: ${error}`)
    }
    await retrying(() => this.#haveLeaders(missing), { withinMs: 60_000 })
    return made
  }

  /** One of our own topics at the moment that it is first needed. */
  ready(group: readonly NewTopic[], name: string): Promise<void> {
    if (this.#catalog.known(name) !== undefined) return Promise.resolve()
    const making =
      this.#making.get(name) ??
      this.make(group.filter((topic) => topic.name === name))
        .then(() => {})
        .finally(() => this.#making.delete(name))
    this.#making.set(name, making)
    return making
  }

  /** The controller says done before the brokers know. */
  async #haveLeaders(topics: readonly NewTopic[]): Promise<void> {
    const known = await this.#catalog.refresh(topics.map(({ name }) => name))
    for (const { name } of topics) {
      const partitions = known.get(name)
      if (partitions === undefined || partitions.some(({ leader }) => leader < 0)) {
        throw new DriverError('LEADER_NOT_AVAILABLE', `Topic ${name} has no leader yet`)
      }
    }
  }
}
