import { InvalidMiddlewareError } from '@eventspine/core'

export interface SqliteInboxOptions {
  /** The application's own database file: what handlers write must be where the marks are. Made if it is missing. */
  readonly path: string
  /** The table of the marks: lower-case letters, digits, `_`; at most 40. Default `eventspine_inbox`. */
  readonly name?: string
  /**
   * How long an event counts as done: longer than anything may be redelivered or replayed from dead letters. Older marks are
   * removed along the way. Default 7 days.
   */
  readonly retentionMs?: number
  /** How long to wait for writers outside of this inbox, without blocking the process. Default 5,000. */
  readonly busyTimeoutMs?: number
}

const dayMs = 86_400_000

/** Throws `invalid-middleware`. */
export function readInboxOptions(options: SqliteInboxOptions): Required<SqliteInboxOptions> {
  const { path, name = 'eventspine_inbox', retentionMs = 7 * dayMs, busyTimeoutMs = 5_000 } = options
  if (path === '' || path === ':memory:' || path.startsWith('file:')) {
    throw new InvalidMiddlewareError('sqliteInbox: path is that of a file; each transaction opens it anew.')
  }
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(name) || name.startsWith('sqlite_')) {
    throw new InvalidMiddlewareError(
      'sqliteInbox: name is made of a-z, 0-9 and _, 40 at most, and no digit comes first.',
    )
  }
  if (!(Number.isFinite(retentionMs) && retentionMs > 0)) {
    throw new InvalidMiddlewareError('sqliteInbox: retentionMs is a number of milliseconds above 0.')
  }
  if (!(Number.isFinite(busyTimeoutMs) && busyTimeoutMs >= 0)) {
    throw new InvalidMiddlewareError('sqliteInbox: busyTimeoutMs is a number of milliseconds, 0 or more.')
  }
  return { path, name, retentionMs, busyTimeoutMs }
}
