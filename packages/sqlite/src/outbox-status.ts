import type { OutboxStatus } from '@eventspine/core/outbox'
import type { Connection } from './connection.ts'
import { now, type Tables } from './schema.ts'

/** Counts by index, so that a backlog of a million costs milliseconds. */
export function readStatus(connection: Connection, { log, lanes, aside, partitions }: Tables): Promise<OutboxStatus> {
  const unread = `from ${partitions} as owned join ${log} as log on log.partition = owned.partition and log.seq > owned.cursor`
  const waiting = `from ${lanes} as lanes join ${aside} as aside on aside.lane = lanes.lane`
  const onTheirWay = `lanes.due is not null and (lanes.holds = 1 or lanes.due <= ${now})`
  return connection.read(() => {
    const one = (text: string): number => connection.sql(text).get()?.n as number
    const delayedInLog = one(`select count(*) as n ${unread} and log.not_before > ${now}`)
    const pending =
      one(`select count(*) as n ${unread}`) - delayedInLog + one(`select count(*) as n ${waiting} where ${onTheirWay}`)
    const parked = one(`select count(*) as n from ${aside} where parked_at is not null`)
    const oldest = connection.sql(
      `select ${now} - min(written_at) as n from (
        select (select min(written_at) from (select written_at from ${log} as log
          where log.partition = owned.partition and log.seq > owned.cursor order by seq limit 1)) as written_at
        from ${partitions} as owned
        union all select min(aside.written_at) ${waiting} where ${onTheirWay})`,
    )
    return {
      pending,
      oldestPendingAgeMs: pending === 0 ? undefined : ((oldest.get()?.n as number | null) ?? undefined),
      delayed: delayedInLog + one(`select count(*) as n ${waiting} where lanes.holds = 0 and lanes.due > ${now}`),
      parked,
      held: one(`select count(*) as n ${waiting} where lanes.due is null`) - parked,
      relayed: one(`select sum(relayed) as n from ${partitions}`),
    }
  })
}
