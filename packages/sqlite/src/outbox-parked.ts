import type { OutboxStore, ParkedEvent } from '@eventspine/core/outbox'
import type { Connection } from './connection.ts'
import { type MessageRow, messageColumns, readMessage } from './row.ts'
import { now, type Tables } from './schema.ts'

type Parked = Pick<OutboxStore<unknown>, 'parked' | 'retryParked' | 'discardParked'>

interface ParkedRow extends MessageRow {
  readonly place: number
  readonly parked_at: number
  readonly failure_code: string
  readonly failure_name: string
  readonly failure_message: string
  readonly failure_attempts: number
  readonly held: number
}

/** What an operator sees and decides. The ref of a parked event is its place. */
export function parkedEvents(connection: Connection, { aside, lanes }: Tables): Parked {
  const sql = (text: string) => connection.sql(text)

  /** A few names each match a place that is still parked, or nothing. */
  const lanesOf = (refs: readonly string[] | 'all', act: (place: number) => void): number => {
    const places = refs === 'all' ? everyPlace() : refs.map(Number).filter(Number.isSafeInteger)
    const find = sql(`select lane from ${aside} where place = ? and parked_at is not null`)
    let count = 0
    for (const place of new Set(places)) {
      const lane = find.get(place)?.lane as number | undefined
      if (lane === undefined) continue
      act(place)
      free(lane)
      count += 1
    }
    return count
  }
  const everyPlace = (): number[] =>
    sql(`select place from ${aside} where parked_at is not null order by place`)
      .all()
      .map((row) => row.place as number)
  const free = (lane: number): void => {
    const { changes } = sql(
      `delete from ${lanes} where lane = ? and not exists (select 1 from ${aside} where lane = ?)`,
    ).run(lane, lane)
    if (changes === 0) sql(`update ${lanes} set due = ${now} where lane = ?`).run(lane)
  }
  const unpark = (place: number): void => {
    sql(
      `update ${aside} set attempt = 1, parked_at = null, failure_code = null, failure_name = null, failure_message = null,
        failure_attempts = null where place = ?`,
    ).run(place)
  }
  const remove = (place: number): void => {
    sql(`delete from ${aside} where place = ?`).run(place)
  }
  const list = (limit: number, after: number): ParkedEvent[] => {
    const rows = sql(
      `select place, parked_at, failure_code, failure_name, failure_message, failure_attempts, ${messageColumns},
        (select count(*) from ${aside} as held where held.lane = parked.lane and held.parked_at is null) as held
        from ${aside} as parked where parked_at is not null and place > ? order by place limit ?`,
    ).all(after, limit)
    return (rows as unknown as ParkedRow[]).map(toParked)
  }

  return {
    parked: ({ limit = 100, after = '0' } = {}) => connection.read(() => list(limit, Number(after))),
    retryParked: (refs) => connection.write(() => lanesOf(refs, unpark)),
    discardParked: (refs) => connection.write(() => lanesOf(refs, remove)),
  }
}

function toParked(row: ParkedRow): ParkedEvent {
  return {
    ref: String(row.place),
    message: readMessage(row).message,
    failure: {
      code: row.failure_code,
      name: row.failure_name,
      message: row.failure_message,
      attempts: row.failure_attempts,
    },
    parkedAt: row.parked_at,
    held: row.held,
  }
}
