import type { DatabaseSync } from 'node:sqlite'
import { SchemaTooNewError } from './errors.ts'

/** The outbox's tables: their names are validated by `readOptions`. */
export interface Tables {
  readonly meta: string
  readonly log: string
  readonly lanes: string
  readonly aside: string
  readonly partitions: string
  readonly relays: string
}

export function tablesOf(name: string): Tables {
  return {
    meta: `${name}_meta`,
    log: `${name}_log`,
    lanes: `${name}_lanes`,
    aside: `${name}_aside`,
    partitions: `${name}_partitions`,
    relays: `${name}_relays`,
  }
}

/** Epoch milliseconds by the database, in every statement that compares or stores a time. */
export const now = `cast(unixepoch('subsec') * 1000 as integer)`

/** What a message is made of, in the log and aside. `headers` is JSON: an array of pairs. */
const message = `topic text not null, id text not null, source text not null, key text, headers text not null, body blob`

/**
 * AUTOINCREMENT is what makes a plain cursor right: without it SQLite gives the numbers of removed rows again, below the
 * cursor. With it, and one writer at a time, the order of `seq` is the order of the commits.
 *
 * `lanes` are the topic-and-keys that wait, with their events in `aside`. `due` null: parked. `holds` 0: a delayed event by
 * itself, which nobody waits behind. `version` counts a partition's commits: a batch is committed on top of the one that it was
 * read after, or not at all.
 */
const steps: readonly ((tables: Tables, partitions: number) => string)[] = [
  ({ meta, log, lanes, aside, partitions: owned, relays }, partitions) => `
    create table ${log} (
      seq integer primary key autoincrement, partition integer not null, ${message},
      not_before integer, written_at integer not null
    ) strict;
    create index ${log}_by_partition on ${log} (partition, seq);
    create table ${lanes} (
      lane integer primary key autoincrement, partition integer not null, topic text not null, key text,
      holds integer not null, due integer
    ) strict;
    create unique index ${lanes}_by_key on ${lanes} (partition, topic, key) where holds = 1 and key is not null;
    create index ${lanes}_by_due on ${lanes} (partition, due) where due is not null;
    create table ${aside} (
      place integer primary key autoincrement, lane integer not null, ${message},
      written_at integer not null, attempt integer not null, parked_at integer,
      failure_code text, failure_name text, failure_message text, failure_attempts integer
    ) strict;
    create index ${aside}_by_lane on ${aside} (lane, place);
    create index ${aside}_parked on ${aside} (place) where parked_at is not null;
    create table ${owned} (
      partition integer primary key, cursor integer not null, version integer not null, epoch integer not null, owner text,
      lease_until integer not null, relayed integer not null
    ) strict;
    create table ${relays} (relay text primary key, lease_until integer not null) strict, without rowid;
    with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n + 1 < ${partitions})
      insert into ${owned} select n, 0, 0, 0, null, 0, 0 from numbers;
    insert into ${meta} values ('partitions', ${partitions});`,
]

/**
 * Brings the tables up to date, once, whoever comes first; gives the number of partitions that they were made with. Tables
 * that are up to date are only read: a store that is opened while somebody writes does not wait for the write lock.
 */
export function migrate(database: DatabaseSync, tables: Tables, partitions: number): number {
  if (versionOf(database, tables) === steps.length) return readMeta(database, tables, 'partitions') as number
  database.exec('begin immediate')
  try {
    database.exec(
      `create table if not exists ${tables.meta} (name text primary key, value integer not null) strict, without rowid`,
    )
    const version = readMeta(database, tables, 'version') ?? 0
    if (version > steps.length) {
      throw new SchemaTooNewError(`The outbox's tables have version ${version}; this package knows ${steps.length}.`)
    }
    for (const step of steps.slice(version)) database.exec(step(tables, partitions))
    database
      .prepare(`insert into ${tables.meta} values ('version', ?) on conflict do update set value = excluded.value`)
      .run(steps.length)
    const found = readMeta(database, tables, 'partitions') as number
    database.exec('commit')
    return found
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

/** Undefined: there are none yet. */
function versionOf(database: DatabaseSync, tables: Tables): number | undefined {
  const found = database.prepare(`select 1 from sqlite_schema where type = 'table' and name = ?`).get(tables.meta)
  return found === undefined ? undefined : readMeta(database, tables, 'version')
}

function readMeta(database: DatabaseSync, { meta }: Tables, name: string): number | undefined {
  return database.prepare(`select value from ${meta} where name = ?`).get(name)?.value as number | undefined
}
