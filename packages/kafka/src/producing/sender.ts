import { PublishFailedError, sleep, systemClock, TransportClosedError } from '@eventspine/core/transport'
import type { Catalog } from '../catalog.ts'
import type { Cluster, DriverErrorType, NewRecord, Place, ProducerIdentity } from '../driver/driver.ts'
import { typeOf } from '../driver/driver.ts'
import { isTransient, refusalOf } from '../errors.ts'
import type { Incidents } from '../incidents.ts'
import { recordBytes } from '../mapper.ts'
import { retrying } from '../retrying.ts'
import { Lane, type SendResult } from './lane.ts'

export interface Outgoing extends Place {
  readonly record: NewRecord
  readonly key: string | undefined
}

export interface SenderOptions {
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly incidents: Incidents
  readonly idempotent: boolean
  /** Of a batch, where the topic doesn't say otherwise. */
  readonly maxBatchBytes: number
}

/** kafkajs's encoder copies: larger batches cost more than they save. */
const mostRecords = 5_000
/** What a batch has beside its records. */
const batchOverhead = 128
/** A topic that was there is believed to be gone after so many answers. */
const goneAfter = 5

/**
 * Writes records to partitions, acks all. A partition has one batch in flight; what gets no answer is sent again as it was,
 * with the same sequence numbers, before anything newer, so nothing is lost, inverted or (idempotent) doubled by that.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #closing = new AbortController()
  #identity: Promise<ProducerIdentity> | undefined
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** One result each, same order. The records of one partition are written in the order of all calls. */
  send(outgoing: readonly Outgoing[], signal?: AbortSignal): Promise<readonly SendResult[]> {
    if (outgoing.length === 0) return Promise.resolve([])
    return new Promise((resolve) => {
      const results = new Array<SendResult>(outgoing.length)
      const call = new Set<string>()
      let left = outgoing.length
      const abort = (): void => this.#abort(call)
      outgoing.forEach(({ record, key, ...place }, index) => {
        let isDone = false
        const done = (result: SendResult): void => {
          if (isDone) return
          isDone = true
          results[index] = result
          if (--left > 0) return
          signal?.removeEventListener('abort', abort)
          resolve(results)
        }
        this.#lane(place).push({ record, key, bytes: recordBytes(record), call, done })
      })
      if (this.#closing.signal.aborted || signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
      this.#schedule()
    })
  }

  /** Resolves when everything has its result; after `withinMs` what has none is given up. */
  async close(withinMs: number): Promise<void> {
    const flushed = this.#flushed()
    await Promise.race([flushed, sleep(systemClock, withinMs, this.#closing.signal)])
    this.#closing.abort()
    const error = new TransportClosedError('The transport was closed before the broker had answered')
    for (const lane of this.#lanes.values()) lane.giveUp(error)
    this.#notice()
    await flushed
  }

  #flushed(): Promise<void> {
    if ([...this.#lanes.values()].every(({ isIdle }) => isIdle)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle.push(resolve)
    })
  }

  #notice(): void {
    if (this.#idle.length === 0 || ![...this.#lanes.values()].every(({ isIdle }) => isIdle)) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  #abort(call: Set<string>): void {
    const error = this.#closing.signal.aborted
      ? new TransportClosedError('The transport is closed')
      : new PublishFailedError('Aborted before the broker had answered')
    for (const lane of this.#lanes.values()) lane.giveUp(error, call)
  }

  #lane(place: Place): Lane {
    const name = `${place.topic}/${place.partition}`
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane = new Lane(place)
    this.#lanes.set(name, lane)
    return lane
  }

  /** Once per turn of the event loop's microtasks: calls that are made together travel together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#closing.signal.aborted) return
    const ready: Lane[] = []
    for (const lane of this.#lanes.values()) {
      if (lane.isSending || lane.isIdle) continue
      lane.fill(this.#limitOf(lane.place.topic), mostRecords)
      lane.isSending = true
      ready.push(lane)
    }
    // After a failure each goes alone, so that a refusal names its partition and a lost answer leaves one batch in doubt.
    const [fresh, troubled] = [ready.filter((lane) => lane.failures === 0), ready.filter((lane) => lane.failures > 0)]
    const byLeader = Map.groupBy(fresh, (lane) => this.#leaderOf(lane))
    for (const [leader, lanes] of byLeader) void this.#produce(leader, lanes)
    for (const lane of troubled) void this.#produce(this.#leaderOf(lane), [lane])
  }

  #limitOf(topic: string): number {
    return (this.#options.catalog.limitOf(topic) ?? this.#options.maxBatchBytes) - batchOverhead
  }

  #leaderOf({ place }: Lane): number {
    return this.#options.catalog.known(place.topic)?.[place.partition]?.leader ?? -1
  }

  async #produce(leader: number, lanes: readonly Lane[]): Promise<void> {
    const errors = new Map<string, DriverErrorType>()
    try {
      if (leader < 0) throw new PublishFailedError('no leader')
      const groups = await this.#byProducer(lanes)
      await Promise.all(groups.map(async ([producer, own]) => this.#call(leader, own, producer, errors)))
    } catch (error) {
      for (const lane of lanes) errors.set(lane.name, leader < 0 ? 'LEADER_NOT_AVAILABLE' : typeOf(error))
    }
    const again = lanes.filter((lane) => !this.#settle(lane, errors.get(lane.name)))
    for (const lane of lanes) if (!again.includes(lane)) lane.isSending = false
    this.#notice()
    this.#schedule()
    if (again.length > 0) await this.#tryAgain(again)
  }

  async #call(
    leader: number,
    lanes: readonly Lane[],
    producer: ProducerIdentity | undefined,
    errors: Map<string, DriverErrorType>,
  ): Promise<void> {
    const batches = lanes.map(({ place, batch, sequence }) => ({
      ...place,
      sequence,
      records: (batch ?? []).map(({ record }) => record),
    }))
    try {
      const results = await this.#options.cluster.produce(leader, batches, producer)
      for (const { topic, partition, error } of results) {
        if (error !== undefined) errors.set(`${topic}/${partition}`, error)
      }
      this.#options.incidents.well(this)
    } catch (error) {
      for (const lane of lanes) errors.set(lane.name, typeOf(error))
    }
  }

  /** Most share one identity; a partition whose sequence the broker disputes has another. */
  async #byProducer(lanes: readonly Lane[]): Promise<[ProducerIdentity | undefined, Lane[]][]> {
    if (!this.#options.idempotent) return [[undefined, [...lanes]]]
    for (const lane of lanes) lane.producer ??= await this.#shared()
    return [...Map.groupBy(lanes, ({ producer }) => producer)]
  }

  #shared(): Promise<ProducerIdentity> {
    this.#identity ??= this.#newIdentity().catch((error) => {
      this.#identity = undefined
      throw error
    })
    return this.#identity
  }

  #newIdentity(): Promise<ProducerIdentity> {
    return retrying(() => this.#options.cluster.initProducer(), { signal: this.#closing.signal })
  }

  /** True when the lane may go on at once. */
  #settle(lane: Lane, error: DriverErrorType | undefined): boolean {
    // Given up meanwhile, by close.
    if (lane.batch === undefined) return true
    // Written before, by the attempt whose answer was lost.
    if (error === undefined || error === 'DUPLICATE_SEQUENCE_NUMBER') {
      lane.accepted()
      return true
    }
    lane.failures++
    lane.disputed = isDisputed(error)
    if (lane.disputed || isTransient(error)) return false
    if (error === 'UNKNOWN_TOPIC_OR_PARTITION' && lane.failures < goneAfter) return false
    lane.refused(refusalOf(error, lane.place.topic))
    return true
  }

  async #tryAgain(lanes: readonly Lane[]): Promise<void> {
    const { incidents, catalog } = this.#options
    const failures = Math.max(...lanes.map((lane) => lane.failures))
    const unreachable = failures > 1
    if (unreachable) incidents.trouble(this, new Error('publishing gets no answer'))
    await sleep(systemClock, Math.min(10 * 2 ** failures, 1_000), this.#closing.signal)
    try {
      await catalog.refresh([...new Set(lanes.map(({ place }) => place.topic))])
      for (const lane of lanes) await this.#mend(lane)
    } catch {
      // The next attempt says what is wrong.
    }
    for (const lane of lanes) lane.isSending = false
    this.#schedule()
  }

  /** The broker has lost count of what this producer wrote here: a new one starts at 0. A repetition is then possible. */
  async #mend(lane: Lane): Promise<void> {
    if (!lane.disputed) return
    lane.disputed = false
    lane.producer = await this.#newIdentity()
    lane.sequence = 0
  }
}

const isDisputed = (type: DriverErrorType): boolean =>
  type === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || type === 'UNKNOWN_PRODUCER_ID' || type === 'INVALID_PRODUCER_EPOCH'
