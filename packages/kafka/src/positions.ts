import type { GroupSpec } from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import { keyOf } from './consumer/assigner.ts'
import type { Cluster, Place, PlacedOffset } from './driver/driver.ts'
import { DriverError } from './driver/driver.ts'
import { isTransient } from './errors.ts'
import { retrying } from './retrying.ts'

/** Where groups begin: committed when a new group needs it, in one request for all partitions. */
export class Positions {
  readonly #cluster: Cluster
  readonly #catalog: Catalog
  readonly #signal: AbortSignal

  constructor(cluster: Cluster, catalog: Catalog, signal: AbortSignal) {
    this.#cluster = cluster
    this.#catalog = catalog
    this.#signal = signal
  }

  /** Whether the group has a position in any of the places. */
  async exist({ name }: GroupSpec, places: readonly Place[]): Promise<boolean> {
    if (places.length === 0) return false
    const calls = this.#cluster.group(name)
    return (await retrying(() => calls.committed(places), { signal: this.#signal })).length > 0
  }

  /**
   * Commits a start wherever the group has none; what exists wins. Resolves with the ends of the logs where `latest` found a
   * group that has members: only they may commit then, and they begin there.
   */
  async ensure({ name, topics, startAt }: GroupSpec): Promise<ReadonlyMap<string, number>> {
    const known = await this.#catalog.refresh(topics)
    const places = [...known].flatMap(([topic, all]) => all.map(({ partition }) => ({ topic, partition })))
    const calls = this.#cluster.group(name)
    const committed = await retrying(() => calls.committed(places), { signal: this.#signal })
    const there = new Set(committed.map(keyOf))
    const missing = places.filter((place) => !there.has(keyOf(place)))
    if (missing.length === 0) return new Map()
    const starts = await this.#catalog.listOffsets(missing, startAt === 'latest' ? 'latest' : 'earliest')
    await this.#commit(name, starts)
    return startAt === 'latest' ? new Map(starts.map((start) => [keyOf(start), start.offset])) : new Map()
  }

  async #commit(group: string, starts: readonly PlacedOffset[]): Promise<void> {
    const calls = this.#cluster.group(group)
    const offsets = starts.map((start) => ({ ...start, metadata: '' }))
    await retrying(
      async () => {
        const results = await calls.commit(undefined, offsets)
        const error = results.find((result) => result.error !== undefined)?.error
        if (error !== undefined && isTransient(error)) throw new DriverError(error, `Start of group ${group}`)
        if (error !== undefined && !hasMembers(error)) throw new DriverError(error, `Start of group ${group}: ${error}`)
      },
      { signal: this.#signal },
    )
  }
}

const hasMembers = (type: string): boolean =>
  type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION' || type === 'REBALANCE_IN_PROGRESS'
