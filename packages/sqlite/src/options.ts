import type { DatabaseSync } from 'node:sqlite'
import { InvalidOutboxError } from '@eventspine/core/outbox'

export interface SqliteOutboxOptions {
  /** The application's own database file, for the outbox must share its transactions. Opened by the store, for the relay. */
  readonly path?: string
  /** Instead of `path`: a connection that stays the caller's. The store waits while somebody's transaction is open on it. */
  readonly database?: DatabaseSync
  /** Begins the names of the outbox's tables: lower-case letters, digits, `_`; at most 40. Default `eventspine_outbox`. */
  readonly name?: string
  /** How many relays can work side by side. Fixed when the tables are made: afterwards theirs wins. 1 to 256, default 4. */
  readonly partitions?: number
  /** How long the store waits for other writers. It never blocks the process meanwhile. Default 5,000. */
  readonly busyTimeoutMs?: number
}

export interface SqliteOutboxSettings {
  readonly target: { readonly path: string } | { readonly database: DatabaseSync }
  readonly name: string
  readonly partitions: number
  readonly busyTimeoutMs: number
}

export function readOptions(options: SqliteOutboxOptions): SqliteOutboxSettings {
  const { name = 'eventspine_outbox', partitions = 4, busyTimeoutMs = 5_000 } = options
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(name) || name.startsWith('sqlite_')) {
    throw new InvalidOutboxError(
      'The name of an outbox is made of a-z, 0-9 and _, 40 at most, and no digit comes first.',
    )
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 256) {
    throw new InvalidOutboxError('An outbox has between 1 and 256 partitions.')
  }
  if (!Number.isFinite(busyTimeoutMs) || busyTimeoutMs < 0) {
    throw new InvalidOutboxError('busyTimeoutMs is a number of milliseconds, 0 or more.')
  }
  return { target: readTarget(options), name, partitions, busyTimeoutMs }
}

function readTarget({ path, database }: SqliteOutboxOptions): SqliteOutboxSettings['target'] {
  if (database !== undefined && path === undefined) return { database }
  if (path === undefined || database !== undefined) {
    throw new InvalidOutboxError('An outbox needs either the path of a database or an open one.')
  }
  if (path === '' || path === ':memory:') {
    throw new InvalidOutboxError('An in-memory database is seen by its own connection only: pass that as `database`.')
  }
  if (path.startsWith('file:')) {
    throw new InvalidOutboxError(
      'path is that of a file, not a URI: every connection of the application must open the same.',
    )
  }
  return { path }
}
