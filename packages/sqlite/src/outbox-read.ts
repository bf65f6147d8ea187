import type { BatchLimit, Claim, OutboxBatch, OutboxEvent } from '@eventspine/core/outbox'
import type { Connection } from './connection.ts'
import { type MessageRow, messageColumns, readMessage } from './row.ts'
import { now, type Tables } from './schema.ts'

/** Where a batch's commit moves the cursor, and what it sets aside by itself. Plain data, as the contract asks. */
export interface Next {
  readonly cursor: number
  /** Of the partition when it was read. */
  readonly version: number
  /** Rows of the log that aren't due. */
  readonly delayed: readonly number[]
  /** Rows of the log whose lane waits. */
  readonly held: readonly number[]
  /** Lanes of delayed events that are due now, but whose key waits: they join its lane. */
  readonly joining: readonly number[]
}

export type Ref =
  | { readonly from: 'log'; readonly seq: number }
  | { readonly from: 'aside'; readonly place: number; readonly lane: number }

export function refOf(text: string): Ref {
  const [from, first, second] = text.split(':')
  return from === 'log' ? { from, seq: Number(first) } : { from: 'aside', lane: Number(first), place: Number(second) }
}

interface Position {
  readonly cursor: number
  readonly version: number
}

interface LaneRow {
  readonly lane: number
  readonly topic: string
  readonly key: string | null
  readonly holds: number
}

interface AsideRow extends MessageRow {
  readonly place: number
  readonly attempt: number
}

interface LogRow extends MessageRow {
  readonly seq: number
  readonly due: number
}

export class BatchReader {
  readonly #connection: Connection
  readonly #statements: ReturnType<typeof statementsOf>

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection
    this.#statements = statementsOf(tables)
  }

  read(claim: Claim, limit: BatchLimit): Promise<OutboxBatch | undefined> {
    return this.#connection.read(() => this.#read(claim, limit))
  }

  #read(claim: Claim, limit: BatchLimit): OutboxBatch | undefined {
    const batch = new Draft(asideShare(limit))
    const emptied = new Set<number>()
    const joining = this.#readAside(claim, batch, emptied)
    batch.extend(limit)
    const { cursor, version } = this.#one(this.#statements.position, claim.partition) as unknown as Position
    const waits = this.#laneFilter(claim, emptied)
    const delayed: number[] = []
    const held: number[] = []
    // The commit copies these: large ones would keep the write lock from the application.
    const copied = new Budget(limit.bytes)
    let passed = cursor
    for (const row of this.#rows<LogRow>(this.#statements.log, claim.partition, cursor, limit.events)) {
      const aside = row.due === 0 ? delayed : waits(row.topic, row.key) ? held : undefined
      if (!(aside === undefined ? batch.add(`log:${row.seq}`, row, 1) : copied.take(bytesOf(row)))) break
      aside?.push(row.seq)
      passed = row.seq
    }
    if (batch.events.length === 0 && passed === cursor && joining.length === 0) return undefined
    return { claim, events: batch.events, next: { cursor: passed, version, delayed, held, joining } satisfies Next }
  }

  /** Lanes that are due, each from its first event on; `emptied` gets those that are in the batch to their last. */
  #readAside(claim: Claim, batch: Draft, emptied: Set<number>): number[] {
    const joining: number[] = []
    for (const lane of this.#rows<LaneRow>(this.#statements.dueLanes, claim.partition, batch.mostEvents)) {
      if (lane.holds === 0 && lane.key !== null && this.#laneOf(claim, lane.topic, lane.key) !== undefined) {
        joining.push(lane.lane)
      } else if (this.#readLane(lane.lane, batch)) {
        emptied.add(lane.lane)
      } else {
        break
      }
    }
    return joining
  }

  #readLane(lane: number, batch: Draft): boolean {
    for (const row of this.#rows<AsideRow>(this.#statements.lane, lane)) {
      if (!batch.add(`aside:${lane}:${row.place}`, row, row.attempt)) return false
    }
    return true
  }

  /** Whether an event of the log stands behind its lane's own events that were set aside and aren't all in this batch. */
  #laneFilter(claim: Claim, emptied: ReadonlySet<number>): (topic: string, key: string | null) => boolean {
    if (this.#one(this.#statements.anyLane, claim.partition) === undefined) return () => false
    return (topic, key) => {
      if (key === null) return false
      const lane = this.#laneOf(claim, topic, key)
      return lane !== undefined && !emptied.has(lane)
    }
  }

  #laneOf(claim: Claim, topic: string, key: string): number | undefined {
    return this.#one(this.#statements.laneOf, claim.partition, topic, key)?.lane as number | undefined
  }

  #one(text: string, ...values: (string | number)[]): Record<string, unknown> | undefined {
    return this.#connection.sql(text).get(...values)
  }

  #rows<Row>(text: string, ...values: (string | number)[]): Iterable<Row> {
    return this.#connection.sql(text).iterate(...values) as unknown as Iterable<Row>
  }
}

/** However much waits aside (a topic that is down, a long lane set free), half of each batch is left to the log. */
function asideShare({ events, bytes }: BatchLimit): BatchLimit {
  return { events: Math.ceil(events / 2), bytes: bytes / 2 }
}

function bytesOf({ body }: Pick<MessageRow, 'body'>): number {
  return body?.byteLength ?? 0
}

/** So many bytes; the first one fits however large it is, or it would never leave. */
class Budget {
  #left: number
  #begun = false

  constructor(bytes: number) {
    this.#left = bytes
  }

  take(bytes: number): boolean {
    if (this.#begun && bytes > this.#left) return false
    this.#begun = true
    this.#left -= bytes
    return true
  }
}

/** The events of a batch, within its limits. */
class Draft {
  readonly events: OutboxEvent[] = []
  mostEvents: number
  #budget: Budget

  constructor({ events, bytes }: BatchLimit) {
    this.mostEvents = events
    this.#budget = new Budget(bytes)
  }

  extend({ events, bytes }: BatchLimit): void {
    const used = this.events.reduce((sum, { message }) => sum + bytesOf(message), 0)
    this.mostEvents = events
    this.#budget = new Budget(bytes - used)
  }

  /** False, and not added: the batch is full. */
  add(ref: string, row: MessageRow, attempt: number): boolean {
    if (this.events.length >= this.mostEvents || !this.#budget.take(bytesOf(row))) return false
    this.events.push({ ref, attempt, ...readMessage(row) })
    return true
  }
}

function statementsOf({ log, lanes, aside, partitions }: Tables) {
  return {
    position: `select cursor, version from ${partitions} where partition = ?`,
    dueLanes: `select lane, topic, key, holds from ${lanes} where partition = ? and due <= ${now} order by due, lane limit ?`,
    lane: `select place, attempt, ${messageColumns} from ${aside} where lane = ? order by place`,
    anyLane: `select 1 from ${lanes} where partition = ? and holds = 1 and key is not null limit 1`,
    laneOf: `select lane from ${lanes} where partition = ? and topic = ? and key = ? and holds = 1`,
    log: `select seq, coalesce(not_before <= ${now}, 1) as due, ${messageColumns}
      from ${log} where partition = ? and seq > ? order by seq limit ?`,
  } as const
}
