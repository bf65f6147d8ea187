import type { DatabaseSync } from 'node:sqlite'
import type { InboxKey } from '@eventspine/core'
import { now } from './schema.ts'

/** Rows of one step of a sweep: some milliseconds under the write lock. */
const stepRows = 1_000

/** The marks: one row for each event that a group is done with, in time by the database's clock. */
export class InboxTable {
  readonly #name: string
  readonly #retentionMs: number

  constructor({ name, retentionMs }: { readonly name: string; readonly retentionMs: number }) {
    this.#name = name
    this.#retentionMs = retentionMs
  }

  create(database: DatabaseSync): void {
    database.exec(`
      create table if not exists ${this.#name} (
        group_name text not null, source text not null, id text not null, done_at integer not null,
        primary key (group_name, source, id)
      ) strict, without rowid;
      create index if not exists ${this.#name}_by_age on ${this.#name} (done_at);`)
  }

  has(database: DatabaseSync, key: InboxKey): boolean {
    const found = database
      .prepare(`select 1 from ${this.#name} where group_name = ? and source = ? and id = ? and done_at > ${now} - ?`)
      .get(...columns(key), this.#retentionMs)
    return found !== undefined
  }

  /** False when it was there already. A mark past its retention counts as none. */
  add(database: DatabaseSync, key: InboxKey): boolean {
    const { changes } = database
      .prepare(
        `insert into ${this.#name} values (?, ?, ?, ${now})
          on conflict do update set done_at = excluded.done_at where done_at <= excluded.done_at - ?`,
      )
      .run(...columns(key), this.#retentionMs)
    return changes > 0
  }

  /** One step; fewer than asked for were all there were. */
  removeOld(
    database: DatabaseSync,
    olderThanMs = this.#retentionMs,
    limit = stepRows,
  ): { count: number; more: boolean } {
    const { changes } = database
      .prepare(
        `delete from ${this.#name} where (group_name, source, id) in
          (select group_name, source, id from ${this.#name} where done_at <= ${now} - ? order by done_at limit ?)`,
      )
      .run(olderThanMs, limit)
    return { count: Number(changes), more: changes === limit }
  }
}

const columns = ({ group, source, id }: InboxKey): [string, string, string] => [
  column(group),
  column(source),
  column(id),
]

/**
 * As it is, so that it can be looked for by hand. What UTF-8 or SQLite's own tools would change (lone surrogates, NUL) is
 * escaped as JSON in quotes, and so is what already begins with a quote: no two texts share a column.
 */
function column(text: string): string {
  const plain = text.isWellFormed() && !text.includes('\0') && !text.startsWith('"')
  return plain ? text : JSON.stringify(text)
}
