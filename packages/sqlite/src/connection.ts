import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { OutboxStoreError } from '@eventspine/core/outbox'
import { storeError } from './errors.ts'
import type { SqliteOutboxSettings } from './options.ts'
import { type Patience, patiently, patientlyBlocking, unlessBusy } from './patience.ts'

/**
 * The relay's connection, which never waits inside SQLite. Between `begin` and `commit` nothing is awaited: on a shared
 * connection no foreign statement gets in.
 */
export class Connection {
  readonly database: DatabaseSync
  readonly #owned: boolean
  readonly #patience: Patience
  readonly #statements = new Map<string, StatementSync>()
  #closed = false

  constructor({ target, busyTimeoutMs }: SqliteOutboxSettings) {
    this.#owned = 'path' in target
    this.#patience = { timeoutMs: busyTimeoutMs, late: () => busyFor(busyTimeoutMs) }
    this.database = 'path' in target ? open(target.path) : target.database
  }

  /** Prepared once per text. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = this.database.prepare(text)
      this.#statements.set(text, statement)
    }
    return statement
  }

  /** One snapshot for all statements of `work`. */
  read<T>(work: () => T): Promise<T> {
    return this.#transact('begin', work)
  }

  /** All of `work` or nothing. */
  write<T>(work: () => T): Promise<T> {
    return this.#transact('begin immediate', work)
  }

  /** Before the store is used: blocks the thread while others do the same. */
  setUp<T>(work: () => T): T {
    return patientlyBlocking(() => typed(() => unlessBusy(work)), this.#patience)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#statements.clear()
    if (this.#owned) this.database.close()
  }

  /** Somebody's own transaction is open on the connection that he shares with the store. */
  get #isForeign(): boolean {
    return this.database.isTransaction
  }

  #transact<T>(begin: string, work: () => T): Promise<T> {
    return patiently(() => {
      if (this.#closed) throw new OutboxStoreError('The outbox is closed.', { retryable: false })
      return typed(() => (this.#isForeign ? undefined : unlessBusy(() => this.#try(begin, work))))
    }, this.#patience)
  }

  #try<T>(begin: string, work: () => T): T {
    const { database } = this
    try {
      this.sql(begin).run()
      const value = work()
      this.sql('commit').run()
      return value
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }
}

function busyFor(ms: number): OutboxStoreError {
  return new OutboxStoreError(`SQLite: another writer held the database for ${ms} ms.`, { retryable: true })
}

function open(path: string): DatabaseSync {
  return typed(() => new DatabaseSync(path, { timeout: 0 }))
}

function typed<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw storeError(error)
  }
}
