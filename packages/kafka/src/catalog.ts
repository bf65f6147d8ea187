import type { Cluster, PartitionInfo, Place, PlacedOffset } from './driver/driver.ts'
import { retrying } from './retrying.ts'

type Partitions = readonly PartitionInfo[]

/** Which topics there are, who leads their partitions, and how large their batches may be. Asked for once and remembered. */
export class Catalog {
  readonly #cluster: Cluster
  readonly #signal: AbortSignal
  readonly #maxAgeMs: number
  readonly #topics = new Map<string, { readonly partitions: Partitions; readonly readAt: number }>()
  readonly #maxBytes = new Map<string, number>()
  #refreshing: Promise<unknown> | undefined

  constructor(cluster: Cluster, signal: AbortSignal, maxAgeMs: number) {
    this.#cluster = cluster
    this.#signal = signal
    this.#maxAgeMs = maxAgeMs
  }

  /** As it was last seen; what is old is read anew behind the caller's back. */
  known(topic: string): Partitions | undefined {
    const entry = this.#topics.get(topic)
    if (entry === undefined) return undefined
    if (performance.now() - entry.readAt > this.#maxAgeMs && this.#refreshing === undefined) {
      this.#refreshing = this.refresh([...this.#topics.keys()])
        .catch(() => {})
        .finally(() => {
          this.#refreshing = undefined
        })
    }
    return entry.partitions
  }

  /** Asks the broker; topics that don't exist are not in the answer. */
  async refresh(topics: readonly string[]): Promise<ReadonlyMap<string, Partitions>> {
    if (topics.length === 0) return new Map()
    const found = await retrying(() => this.#cluster.metadata(topics), { signal: this.#signal })
    const readAt = performance.now()
    for (const topic of topics) {
      const partitions = found.get(topic)
      if (partitions === undefined) this.#topics.delete(topic)
      else this.#topics.set(topic, { partitions, readAt })
    }
    return found
  }

  /** The same for those that are not known yet only. */
  async lookUp(topics: Iterable<string>): Promise<void> {
    const unknown = [...new Set(topics)].filter((topic) => this.known(topic) === undefined)
    if (unknown.length > 0) await this.refresh(unknown)
  }

  listOffsets(places: readonly Place[], which: 'earliest' | 'latest'): Promise<readonly PlacedOffset[]> {
    return retrying(() => this.#cluster.listOffsets(places, which), { signal: this.#signal })
  }

  /** Bytes that a batch for the topic may have; `otherwise` where the topic doesn't say or must not be asked. */
  async maxBytes(topics: readonly string[], otherwise: number): Promise<ReadonlyMap<string, number>> {
    const unknown = topics.filter((topic) => !this.#maxBytes.has(topic))
    if (unknown.length > 0) {
      const read = (): ReturnType<Cluster['topicConfigs']> => this.#cluster.topicConfigs(unknown, ['max.message.bytes'])
      const configs = await retrying(read, { signal: this.#signal })
      for (const topic of unknown) {
        const bytes = Number(configs.get(topic)?.get('max.message.bytes') ?? Number.NaN)
        this.#maxBytes.set(topic, Number.isSafeInteger(bytes) ? bytes : otherwise)
      }
    }
    return this.#maxBytes
  }

  limitOf(topic: string): number | undefined {
    return this.#maxBytes.get(topic)
  }
}
