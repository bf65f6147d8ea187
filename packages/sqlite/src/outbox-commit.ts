import type { Claim, OutboxBatch, RelayFailure, RelayResult } from '@eventspine/core/outbox'
import type { Connection } from './connection.ts'
import { type Next, type Ref, refOf } from './outbox-read.ts'
import { messageColumns } from './row.ts'
import { now, type Tables } from './schema.ts'

/** The guarded write that ends a batch. */
export class BatchCommitter {
  readonly #connection: Connection
  readonly #statements: ReturnType<typeof statementsOf>

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection
    this.#statements = statementsOf(tables)
  }

  commit(batch: OutboxBatch, results: readonly RelayResult[]): Promise<'committed' | 'lost'> {
    return this.#connection.write(() => {
      const { delayed, held, joining } = batch.next as Next
      if (!this.#advance(batch, results)) return this.#wasCommitted(batch) ? 'committed' : 'lost'
      for (const lane of joining) this.#join(lane)
      for (const seq of delayed) this.#delay(seq)
      this.#settle(batch, results)
      for (const seq of held) this.#keep(this.#laneFor(batch.claim, seq), seq, undefined)
      return 'committed'
    })
  }

  #advance({ claim, next }: OutboxBatch, results: readonly RelayResult[]): boolean {
    const relayed = results.filter((result) => result.as === 'relayed').length
    const { cursor, version } = next as Next
    return this.#run(this.#statements.advance, cursor, relayed, claim.partition, claim.epoch, version) > 0
  }

  #wasCommitted({ claim, next }: OutboxBatch): boolean {
    const { version } = next as Next
    return this.#connection.sql(this.#statements.isAt).get(claim.partition, claim.epoch, version + 1) !== undefined
  }

  #settle(batch: OutboxBatch, results: readonly RelayResult[]): void {
    /** Lanes with events in this batch, and when they are due again; null = parked, undefined = at once. */
    const lanes = new Map<number, Due>()
    batch.events.forEach((event, index) => {
      const ref = refOf(event.ref)
      const result = results[index] as RelayResult
      const lane = result.as === 'relayed' ? this.#forget(ref) : this.#setAside(batch.claim, ref, result, event.attempt)
      if (lane === undefined) return
      const due = dueAfter(result)
      if (due !== undefined || !lanes.has(lane)) lanes.set(lane, due)
    })
    for (const [lane, due] of lanes) this.#dispose(lane, due)
  }

  /** The lane that a relayed event was set aside in; the log's own rows are cleanup's business. */
  #forget(ref: Ref): number | undefined {
    if (ref.from === 'log') return undefined
    this.#run(this.#statements.removeAside, ref.place)
    return ref.lane
  }

  #setAside(claim: Claim, ref: Ref, result: RelayResult, attempt: number): number {
    const next = result.as === 'retry' ? result.attempt : attempt
    const failure = result.as === 'retry' || result.as === 'park' ? result.failure : undefined
    const lane = ref.from === 'log' ? this.#laneFor(claim, ref.seq) : this.#holding(ref.lane)
    const place = ref.from === 'log' ? this.#keep(lane, ref.seq, next) : ref.place
    if (failure !== undefined) this.#note(place, next, failure, result.as === 'park')
    return lane
  }

  #note(place: number, attempt: number, failure: RelayFailure, parked: boolean): void {
    const { code, name, message, attempts } = failure
    this.#run(this.#statements.note, attempt, parked ? 1 : 0, code, name, message, attempts, place)
  }

  #keep(lane: number, seq: number, attempt: number | undefined): number {
    return Number(this.#connection.sql(this.#statements.keep).run(lane, attempt ?? 1, seq).lastInsertRowid)
  }

  #delay(seq: number): void {
    const lane = Number(this.#connection.sql(this.#statements.delayedLane).run(seq).lastInsertRowid)
    this.#keep(lane, seq, undefined)
  }

  /** The lane that this row of the log waits in; made if there is none. Without a key, it is a lane by itself. */
  #laneFor({ partition }: Claim, seq: number): number {
    const found = this.#connection.sql(this.#statements.laneOfRow).get(partition, seq)
    if (found !== undefined) return found.lane as number
    return Number(this.#connection.sql(this.#statements.newLane).run(partition, seq).lastInsertRowid)
  }

  /** A delayed event that failed holds its lane like any other, and joins it where one waits already. */
  #holding(lane: number): number {
    const other = this.#connection.sql(this.#statements.otherLane).get(lane)?.lane as number | undefined
    if (other === undefined) this.#run(this.#statements.hold, lane)
    else this.#move(lane, other)
    return other ?? lane
  }

  /** A delayed event that is due, of a key that waits. */
  #join(lane: number): void {
    const other = this.#connection.sql(this.#statements.otherLane).get(lane)?.lane as number | undefined
    if (other !== undefined) this.#move(lane, other)
  }

  #move(lane: number, to: number): void {
    this.#run(this.#statements.move, to, lane)
    this.#run(this.#statements.removeLane, lane)
  }

  #dispose(lane: number, due: Due): void {
    if (this.#run(this.#statements.removeEmptyLane, lane, lane) > 0) return
    if (due === null) this.#run(this.#statements.park, lane)
    else this.#run(this.#statements.dueIn, due ?? 0, lane)
  }

  #run(text: string, ...values: (string | number)[]): number {
    return Number(this.#connection.sql(text).run(...values).changes)
  }
}

/** Milliseconds from now; null = parked. */
type Due = number | null | undefined

function dueAfter(result: RelayResult): Due {
  if (result.as === 'park') return null
  return result.as === 'retry' ? result.delayMs : undefined
}

function statementsOf({ log, lanes, aside, partitions }: Tables) {
  return {
    advance: `update ${partitions} set cursor = ?, relayed = relayed + ?, version = version + 1
      where partition = ? and epoch = ? and version = ?`,
    isAt: `select 1 from ${partitions} where partition = ? and epoch = ? and version = ?`,
    removeAside: `delete from ${aside} where place = ?`,
    note: `update ${aside} set attempt = ?, parked_at = iif(?, ${now}, null), failure_code = ?, failure_name = ?,
      failure_message = ?, failure_attempts = ? where place = ?`,
    keep: `insert into ${aside} (lane, ${messageColumns}, written_at, attempt)
      select ?, ${messageColumns}, written_at, ? from ${log} where seq = ?`,
    delayedLane: `insert into ${lanes} (partition, topic, key, holds, due)
      select partition, topic, key, 0, not_before from ${log} where seq = ?`,
    laneOfRow: `select lanes.lane from ${lanes} as lanes join ${log} as log on log.topic = lanes.topic and log.key = lanes.key
      where lanes.partition = ? and lanes.holds = 1 and log.seq = ?`,
    newLane: `insert into ${lanes} (partition, topic, key, holds, due) select ?, topic, key, 1, ${now} from ${log} where seq = ?`,
    otherLane: `select other.lane from ${lanes} as mine join ${lanes} as other
      on other.partition = mine.partition and other.topic = mine.topic and other.key = mine.key and other.holds = 1
      where mine.lane = ? and mine.holds = 0`,
    hold: `update ${lanes} set holds = 1 where lane = ?`,
    move: `update ${aside} set lane = ? where lane = ?`,
    removeLane: `delete from ${lanes} where lane = ?`,
    removeEmptyLane: `delete from ${lanes} where lane = ? and not exists (select 1 from ${aside} where lane = ?)`,
    park: `update ${lanes} set due = null where lane = ?`,
    dueIn: `update ${lanes} set due = ${now} + ? where lane = ?`,
  } as const
}
