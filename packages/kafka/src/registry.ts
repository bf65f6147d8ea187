import type { Catalog } from './catalog.ts'
import type { Cluster } from './driver/driver.ts'
import type { Sender } from './producing/sender.ts'
import { readLog } from './read-log.ts'
import type { TopicMaker } from './topic-maker.ts'

const name = 'eventspine.topics'

/**
 * Whether a topic is ordered is a promise of its publishers that Kafka has no place for. A compacted topic keeps it; of a topic
 * that nobody has registered (somebody else's) both are believed.
 */
export class Registry {
  readonly #cluster: Cluster
  readonly #catalog: Catalog
  readonly #maker: TopicMaker
  readonly #sender: Sender
  readonly #ordered = new Map<string, boolean>()
  #next = 0

  constructor(cluster: Cluster, catalog: Catalog, maker: TopicMaker, sender: Sender) {
    this.#cluster = cluster
    this.#catalog = catalog
    this.#maker = maker
    this.#sender = sender
  }

  /** Reads what was written since the last time. */
  async read(): Promise<ReadonlyMap<string, boolean>> {
    if (this.#catalog.known(name) === undefined && !(await this.#catalog.refresh([name])).has(name))
      return this.#ordered
    const place = { topic: name, partition: 0 }
    for await (const record of readLog(this.#cluster, this.#catalog, place, this.#next)) {
      this.#next = record.offset + 1
      if (record.key === null) continue
      const topic = record.key.toString('utf8')
      const value = record.value?.toString('utf8')
      if (value === 'ordered' || value === 'unordered') this.#ordered.set(topic, value === 'ordered')
    }
    return this.#ordered
  }

  async write(topics: readonly { readonly name: string; readonly ordered: boolean }[]): Promise<void> {
    if (topics.length === 0) return
    await this.#maker.make([this.#maker.registry(name)])
    const outgoing = topics.map((topic) => ({
      topic: name,
      partition: 0,
      key: topic.name,
      record: {
        key: Buffer.from(topic.name),
        value: Buffer.from(topic.ordered ? 'ordered' : 'unordered'),
        headers: {},
      },
    }))
    for (const result of await this.#sender.send(outgoing)) if (result !== undefined) throw result.error
    for (const topic of topics) this.#ordered.set(topic.name, topic.ordered)
  }
}
