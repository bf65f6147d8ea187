import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { OutboxStoreError } from '@eventspine/core/outbox'
import { isBusy, storeError } from './errors.ts'
import type { SqliteOutboxSettings } from './options.ts'

const longestPauseMs = 20

/**
 * The relay's connection. SQLite's own way to wait for a writer blocks the thread, and with it the very transaction of the
 * same process that it may be waiting for; so this one never waits inside SQLite, but tries again from the event loop.
 * Between `begin` and `commit` nothing is awaited: on a shared connection no foreign statement gets in.
 */
export class Connection {
  readonly database: DatabaseSync
  readonly #owned: boolean
  readonly #busyTimeoutMs: number
  readonly #statements = new Map<string, StatementSync>()
  #closed = false

  constructor({ target, busyTimeoutMs }: SqliteOutboxSettings) {
    this.#owned = 'path' in target
    this.#busyTimeoutMs = busyTimeoutMs
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
    const deadline = performance.now() + this.#busyTimeoutMs
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw storeError(error)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + Math.random() * longestPauseMs)
      }
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#statements.clear()
    if (this.#owned) this.database.close()
  }

  async #transact<T>(begin: string, work: () => T): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (this.#closed) throw new OutboxStoreError('The outbox is closed.', { retryable: false })
      const done = this.#try(begin, work)
      if (done !== undefined) return done.value
      if (performance.now() >= deadline) {
        const message = `SQLite: another writer held the database for ${this.#busyTimeoutMs} ms.`
        throw new OutboxStoreError(message, { retryable: true })
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)))
    }
  }

  /** Undefined: somebody else is at it. */
  #try<T>(begin: string, work: () => T): { readonly value: T } | undefined {
    const { database } = this
    if (database.isTransaction) return undefined
    try {
      this.sql(begin).run()
      const value = work()
      this.sql('commit').run()
      return { value }
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      if (isBusy(error)) return undefined
      throw storeError(error)
    }
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw storeError(error)
  }
}
