import { DatabaseSync } from 'node:sqlite'

/** A service's own file, with its tables made if they are missing. */
export function openDatabase(file: string, tables: string): DatabaseSync {
  // Two connections write to the file: this one waits for the relay's.
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec('pragma journal_mode = wal')
  db.exec(tables)
  return db
}

/**
 * All of `work` or nothing: a change and the event that tells of it. `work` is synchronous, so that no other handler gets in
 * between on this connection.
 */
export function transaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}
