import { NotInTransactionError } from '@eventspine/core/outbox'
import { type Message, partitionOf } from '@eventspine/core/transport'
import { isFinalized, storeError } from './errors.ts'
import { headersText, messageColumns } from './row.ts'
import { now, type Tables } from './schema.ts'

/** What the outbox needs of a transaction: a `DatabaseSync` of node:sqlite has it, and so does a wrapper of one. */
export interface SqliteTransaction {
  readonly isTransaction: boolean
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
}

export interface SqliteStatement {
  run(...values: (string | number | null | Uint8Array)[]): unknown
}

export type Append = (tx: SqliteTransaction, messages: readonly Message[]) => void

/** The statement is prepared once per connection. */
export function appender(tables: Tables, partitions: number): Append {
  const statements = new WeakMap<SqliteTransaction, SqliteStatement>()
  const text = `insert into ${tables.log} (partition, ${messageColumns}, not_before, written_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ${now})`

  const prepare = (tx: SqliteTransaction): SqliteStatement => {
    const statement = tx.prepare(text)
    statements.set(tx, statement)
    return statement
  }
  const insert = (statement: SqliteStatement, message: Message): void => {
    const { topic, id, source, key, headers, body, notBefore } = message
    const partition = partitionOf(key ?? id, partitions)
    statement.run(partition, topic, id, source, key ?? null, headersText(headers), body, notBefore ?? null)
  }

  const write = (tx: SqliteTransaction, statement: SqliteStatement, messages: readonly Message[]): void => {
    const all = (): void => {
      for (const message of messages) insert(statement, message)
    }
    if (messages.length === 1) all()
    else allOrNone(tx, all)
  }

  const append: Append = (tx, messages) => {
    if (!isInTransaction(tx)) {
      throw new NotInTransactionError(
        'The connection is in no transaction: BEGIN IMMEDIATE before publishing to the outbox.',
      )
    }
    const known = statements.get(tx)
    try {
      if (known === undefined) return write(tx, prepare(tx), messages)
      write(tx, known, messages)
    } catch (error) {
      if (known === undefined || !isFinalized(error)) throw storeError(error)
      statements.delete(tx)
      append(tx, messages)
    }
  }
  return append
}

/** A closed connection throws at the question, and nothing at all is in no transaction either. */
function isInTransaction(tx: SqliteTransaction): boolean {
  try {
    return tx.isTransaction
  } catch {
    return false
  }
}

function allOrNone(tx: SqliteTransaction, work: () => void): void {
  tx.exec('savepoint eventspine_append')
  try {
    work()
  } catch (error) {
    // A full disk, for one, has ended the whole transaction already.
    if (tx.isTransaction) tx.exec('rollback to eventspine_append; release eventspine_append')
    throw error
  }
  tx.exec('release eventspine_append')
}
