import type { SyncOutboxStore } from '@eventspine/core/outbox'
import { InvalidOutboxError } from '@eventspine/core/outbox'
import { Connection } from './connection.ts'
import { readOptions, type SqliteOutboxOptions, type SqliteOutboxSettings } from './options.ts'
import { appender, type SqliteTransaction } from './outbox-append.ts'
import { claimer } from './outbox-claims.ts'
import { cleanUp } from './outbox-cleanup.ts'
import { BatchCommitter } from './outbox-commit.ts'
import { parkedEvents } from './outbox-parked.ts'
import { BatchReader } from './outbox-read.ts'
import { readStatus } from './outbox-status.ts'
import { migrate, tablesOf } from './schema.ts'
import { WakeUp } from './wake-up.ts'

/**
 * An outbox in the application's own SQLite database, made there if it is missing. The application enqueues on its own
 * connection, within `BEGIN IMMEDIATE … COMMIT`; give that connection a busy timeout (`new DatabaseSync(path, { timeout:
 * 5_000 })`), and leave `synchronous` at its default: with less, a power cut may take back a transaction whose event is out.
 */
export function sqliteOutbox(options: SqliteOutboxOptions): SyncOutboxStore<SqliteTransaction> {
  const settings = readOptions(options)
  const tables = tablesOf(settings.name)
  const connection = new Connection(settings)
  const partitions = setUp(connection, settings)
  const append = appender(tables, partitions)
  const reader = new BatchReader(connection, tables)
  const committer = new BatchCommitter(connection, tables)
  const wakeUp = new WakeUp(connection.database.location() ?? undefined)

  return {
    name: 'sqlite',
    sync: true,
    append(tx, messages) {
      append(tx, messages)
      wakeUp.schedule()
    },
    ...claimer(connection, tables, partitions),
    read: (claim, limit) => reader.read(claim, limit),
    commit: (batch, results) => committer.commit(batch, results),
    ...parkedEvents(connection, tables),
    status: () => readStatus(connection, tables),
    cleanup: () => cleanUp(connection, tables),
    watch: (wake) => wakeUp.listen(wake),
    async close() {
      wakeUp.close()
      connection.close()
    },
  }
}

function setUp(connection: Connection, { target, name, partitions }: SqliteOutboxSettings): number {
  const { database } = connection
  if (database.isTransaction) {
    throw new InvalidOutboxError('Make the outbox before a transaction begins on its connection.')
  }
  try {
    return connection.setUp(() => {
      database.exec('pragma journal_mode = wal')
      if ('path' in target) database.exec('pragma synchronous = normal')
      return migrate(database, tablesOf(name), partitions)
    })
  } catch (error) {
    connection.close()
    throw error
  }
}
