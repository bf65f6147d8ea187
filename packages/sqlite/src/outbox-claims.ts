import type { Claim, Claims, OutboxStore } from '@eventspine/core/outbox'
import type { Connection } from './connection.ts'
import { now, type Tables } from './schema.ts'

/** Who relays which partition: rows with a lease by the database's clock, and an epoch that fences whoever held it before. */
export function claimer(
  connection: Connection,
  tables: Tables,
  partitions: number,
): Pick<OutboxStore<unknown>, 'claim' | 'release'> {
  const { relays, partitions: owned } = tables
  const sql = (text: string) => connection.sql(text)

  const takeSeat = (relay: string, leaseMs: number): void => {
    sql(`delete from ${relays} where lease_until <= ${now}`).run()
    sql(
      `insert into ${relays} values (?, ${now} + ?) on conflict do update set lease_until = excluded.lease_until`,
    ).run(relay, leaseMs)
  }
  /** The first relays by name get one more where the partitions don't divide evenly: shares add up to all of them. */
  const shareOf = (relay: string): number => {
    const seats = sql(`select relay from ${relays} order by relay`).all()
    const rank = seats.findIndex((seat) => seat.relay === relay)
    return Math.floor(partitions / seats.length) + (rank < partitions % seats.length ? 1 : 0)
  }
  const renew = (relay: string, leaseMs: number): number => {
    const { changes } = sql(`update ${owned} set lease_until = ${now} + ? where owner = ?`).run(leaseMs, relay)
    return Number(changes)
  }
  const take = (relay: string, leaseMs: number, count: number): void => {
    sql(
      `update ${owned} set owner = ?, epoch = epoch + 1, lease_until = ${now} + ? where partition in
        (select partition from ${owned} where owner is null or lease_until <= ${now} order by partition limit ?)`,
    ).run(relay, leaseMs, count)
  }
  const held = (relay: string): Claim[] =>
    sql(`select partition, epoch from ${owned} where owner = ? order by partition`)
      .all(relay)
      .map((row) => ({ partition: row.partition as number, epoch: row.epoch as number }))

  return {
    claim: ({ relay, leaseMs }) =>
      connection.write((): Claims => {
        takeSeat(relay, leaseMs)
        const share = shareOf(relay)
        const missing = share - renew(relay, leaseMs)
        if (missing > 0) take(relay, leaseMs, missing)
        return { claims: held(relay), share }
      }),
    release: ({ relay, claims, leave }) =>
      connection.write(() => {
        const free = sql(
          `update ${owned} set owner = null, lease_until = 0 where partition = ? and epoch = ? and owner = ?`,
        )
        for (const { partition, epoch } of claims) free.run(partition, epoch, relay)
        if (leave) sql(`delete from ${relays} where relay = ?`).run(relay)
      }),
  }
}
