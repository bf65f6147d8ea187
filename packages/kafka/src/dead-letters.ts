import { type DeadLetter, type DeadLetters, readFailure, readHop } from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import type { Copies } from './copies.ts'
import { deadTopic } from './delays.ts'
import type { Cluster } from './driver/driver.ts'
import { toTransportError } from './errors.ts'
import { fromRecord, goneOffsets, goneRecord } from './mapper.ts'
import type { Sender } from './producing/sender.ts'
import { readLog } from './read-log.ts'
import { retrying } from './retrying.ts'

type Match = (letter: DeadLetter) => boolean

export interface DeadLettersHost {
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly sender: Sender
  readonly copies: Copies
  /** Throws unless the transport is open. */
  check(): void
}

interface Found {
  readonly offset: number
  readonly letter: DeadLetter
}

/** So many offsets are marked in one record. */
const markedTogether = 500

/**
 * The dead letters of one group: partition 0 of its topic. A log can't lose one record of many, so partition 1 says which are
 * gone, and what is gone from the head of the log is deleted for good.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #host: DeadLettersHost
  readonly #group: string

  constructor(host: DeadLettersHost, group: string) {
    this.#host = host
    this.#group = group
  }

  async count(): Promise<number> {
    if (!(await this.#exists())) return 0
    const { catalog } = this.#host
    const [from] = await catalog.listOffsets([this.#letters], 'earliest')
    const [to] = await catalog.listOffsets([this.#letters], 'latest')
    const first = from?.offset ?? 0
    const gone = [...(await this.#gone())].filter((offset) => offset >= first)
    return Math.max(0, (to?.offset ?? 0) - first - gone.length)
  }

  async *browse(options: { limit?: number; match?: Match } = {}): AsyncGenerator<DeadLetter, void, undefined> {
    let left = options.limit ?? Number.POSITIVE_INFINITY
    if (left <= 0) return
    for await (const { letter } of this.#scan()) {
      if (options.match?.(letter) === false) continue
      yield letter
      if (--left <= 0) return
    }
  }

  async replay(match: Match): Promise<number> {
    return this.#remove(match, ({ letter }) =>
      this.#host.copies.retry(this.#group, letter.message, { delayMs: 0, attempt: 1, hop: letter.hop + 1 }),
    )
  }

  discard(match: Match): Promise<number> {
    return this.#remove(match, async () => {})
  }

  async purge(): Promise<void> {
    if (!(await this.#exists())) return
    const { catalog } = this.#host
    const [end] = await catalog.listOffsets([this.#letters], 'latest')
    if (end !== undefined && end.offset > 0) await this.#deleteBefore(end.offset)
  }

  /** In runs, so that an interruption repeats few replays. */
  async #remove(match: Match, before: (found: Found) => Promise<void>): Promise<number> {
    let count = 0
    let run: Found[] = []
    const flush = async (): Promise<void> => {
      await Promise.all(run.map(before))
      await this.#mark(run.map(({ offset }) => offset))
      count += run.length
      run = []
    }
    for await (const found of this.#scan()) {
      if (!match(found.letter)) continue
      run.push(found)
      if (run.length === markedTogether) await flush()
    }
    if (run.length > 0) await flush()
    if (count > 0) await this.#trim()
    return count
  }

  async *#scan(): AsyncGenerator<Found, void, undefined> {
    if (!(await this.#exists())) return
    const { cluster, catalog } = this.#host
    const gone = await this.#gone()
    for await (const record of readLog(cluster, catalog, this.#letters)) {
      if (gone.has(record.offset)) continue
      const { message, bookkeeping } = fromRecord(this.#letters.topic, this.#letters.partition, record)
      yield { offset: record.offset, letter: { message, failure: readFailure(bookkeeping), hop: readHop(bookkeeping) } }
    }
  }

  async #gone(): Promise<Set<number>> {
    const gone = new Set<number>()
    const { cluster, catalog } = this.#host
    for await (const record of readLog(cluster, catalog, this.#marks)) {
      for (const offset of goneOffsets(record)) gone.add(offset)
    }
    return gone
  }

  async #mark(offsets: readonly number[]): Promise<void> {
    const [result] = await this.#host.sender.send([{ ...this.#marks, record: goneRecord(offsets), key: undefined }])
    if (result !== undefined) throw result.error
  }

  /** Deletes what lies before the first letter that is left. */
  async #trim(): Promise<void> {
    const { catalog } = this.#host
    const [from] = await catalog.listOffsets([this.#letters], 'earliest')
    const [to] = await catalog.listOffsets([this.#letters], 'latest')
    const gone = await this.#gone()
    let first = from?.offset ?? 0
    while (first < (to?.offset ?? 0) && gone.has(first)) first++
    if (first > (from?.offset ?? 0)) await this.#deleteBefore(first).catch(() => {})
  }

  #deleteBefore(offset: number): Promise<void> {
    return retrying(() => this.#host.cluster.deleteRecords(this.#letters, offset), { withinMs: 30_000 })
  }

  async #exists(): Promise<boolean> {
    this.#host.check()
    const { topic } = this.#letters
    if (this.#host.catalog.known(topic) !== undefined) return true
    try {
      return (await this.#host.catalog.refresh([topic])).has(topic)
    } catch (error) {
      throw toTransportError(error, `Dead letters of ${this.#group}`)
    }
  }

  get #letters() {
    return { topic: deadTopic(this.#group), partition: 0 }
  }

  get #marks() {
    return { topic: deadTopic(this.#group), partition: 1 }
  }
}
