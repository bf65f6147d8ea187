import type { StartAt } from '@eventspine/core/transport'
import type { Catalog } from '../catalog.ts'
import type { Cluster, GroupCalls, Place } from '../driver/driver.ts'
import type { Incidents } from '../incidents.ts'
import { decodeMetadata, type Position } from '../offsets.ts'
import { retrying } from '../retrying.ts'
import { keyOf } from './assigner.ts'
import { Claim } from './claim.ts'

export interface OpenerOptions {
  readonly calls: GroupCalls
  readonly catalog: Catalog
  readonly cluster: Cluster
  readonly incidents: Incidents
  readonly tierOf: (topic: string) => number | undefined
  readonly startAt: StartAt
  readonly ends: ReadonlyMap<string, number>
  readonly lows: ReadonlyMap<string, { readonly low: number }>
}

export interface Opened {
  readonly claim: Claim
  /** False when it was taken away while it opened. */
  readonly wanted: boolean
  /** Its position was gone from the broker, and we knew it. */
  readonly revived: boolean
}

/** Makes claims of assigned partitions: reads their positions, and finds where to start where there is none. */
export class Opener {
  readonly #options: OpenerOptions
  #opening = new Map<string, { readonly place: Place; wanted: boolean }>()

  constructor(options: OpenerOptions) {
    this.#options = options
  }

  /** On the way, and already ours as far as the group knows. */
  get places(): readonly Place[] {
    return [...this.#opening.values()].map(({ place }) => place)
  }

  get isIdle(): boolean {
    return this.#opening.size === 0
  }

  keepOnly(given: ReadonlyMap<string, Place>): void {
    for (const [name, opening] of this.#opening) opening.wanted = given.has(name)
  }

  /** Everything on the way belongs to somebody else. */
  forget(): void {
    this.#opening = new Map()
  }

  async open(places: readonly Place[]): Promise<readonly Opened[]> {
    const opening = this.#opening
    const fresh = places.filter((place) => !opening.has(keyOf(place)))
    for (const place of fresh) opening.set(keyOf(place), { place, wanted: true })
    if (fresh.length === 0) return []
    const opened = await retrying(() => this.#read(fresh))
    if (this.#opening !== opening) return []
    return opened.map(({ claim, revived }) => {
      const wanted = opening.get(claim.name)?.wanted ?? false
      opening.delete(claim.name)
      return { claim, wanted, revived }
    })
  }

  recreated(opened: readonly Opened[]): void {
    const revived = opened.filter((each) => each.revived)
    if (revived.length > 0) this.#options.incidents.add('recreated', `positions of ${revived.length} partitions`)
  }

  async #read(places: readonly Place[]): Promise<{ claim: Claim; revived: boolean }[]> {
    const { calls, catalog, lows, tierOf } = this.#options
    const found = new Map((await calls.committed(places)).map((each) => [keyOf(each), each]))
    const leaders = await catalog.refresh([...new Set(places.map(({ topic }) => topic))])
    const missing = places.filter((place) => !found.has(keyOf(place)))
    const revived = new Set(missing.map(keyOf).filter((name) => lows.has(name)))
    if (revived.size > 0) this.#options.incidents.add('revoked', `positions of ${revived.size} partitions are gone`)
    const starts = await this.#starts(missing)
    return places.map((place) => {
      const committed = found.get(keyOf(place))
      const position: Position =
        committed === undefined
          ? { low: starts.get(keyOf(place)) ?? 0, finished: [], attempts: new Map(), reserved: undefined, suspects: [] }
          : decodeMetadata(committed.offset, committed.metadata)
      const claim = new Claim(place, position, tierOf(place.topic))
      claim.leader = leaders.get(place.topic)?.[place.partition]?.leader ?? -1
      return { claim, revived: revived.has(claim.name) }
    })
  }

  /** Where we were; else the end as it was when `latest` was asked for; else the start, and so for partitions that are new. */
  async #starts(places: readonly Place[]): Promise<ReadonlyMap<string, number>> {
    const { lows, ends, startAt, catalog } = this.#options
    const starts = new Map<string, number>()
    const unknown: Place[] = []
    for (const place of places) {
      const name = keyOf(place)
      const start = lows.get(name)?.low ?? (startAt === 'latest' ? ends.get(name) : undefined)
      if (start === undefined) unknown.push(place)
      else starts.set(name, start)
    }
    if (unknown.length > 0) {
      for (const { offset, ...place } of await catalog.listOffsets(unknown, 'earliest'))
        starts.set(keyOf(place), offset)
    }
    return starts
  }
}
