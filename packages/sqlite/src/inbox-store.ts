import { DatabaseSync } from 'node:sqlite'
import {
  InboxBusyError,
  type InboxKey,
  type InboxStore,
  InboxStoreError,
  InvalidMiddlewareError,
  isEventspineError,
} from '@eventspine/core'
import { unlessAborted } from '@eventspine/core/transport'
import { readInboxOptions, type SqliteInboxOptions } from './inbox-options.ts'
import { InboxTable } from './inbox-table.ts'
import { Turns } from './inbox-turns.ts'
import { type Patience, patiently, patientlyBlocking, unlessBusy } from './patience.ts'

export interface SqliteInbox extends InboxStore<DatabaseSync> {
  /** After the bus has stopped. Work that still runs keeps its transaction. Idempotent. */
  close(): void
}

/**
 * An inbox in the application's own SQLite file. `Tx` is a connection within BEGIN IMMEDIATE that holds the event's mark: what
 * the handler writes with it is committed together with the mark, or rolled back with it, exactly once. The handler neither
 * commits nor keeps it: each run gets a connection of its own, closed at its end (measured at half a millisecond, less than
 * most disks need for the commit), so that whatever a handler does too late fails instead of joining somebody else's
 * transaction.
 *
 * SQLite has one writer: handlers behind one file run one after the other, and one that waits for something slow keeps every
 * writer waiting. A second connection of this process that writes meanwhile with a busy timeout of SQLite's own blocks the
 * very handler that it waits for, until it times out: do slow things in an event of their own.
 */
export function sqliteInbox(options: SqliteInboxOptions): SqliteInbox {
  return new Inbox(readInboxOptions(options))
}

/** Each so many events, up to `cleaned` old marks are removed: more than come in, without a timer. */
const cleanEvery = 100
const cleaned = 200

class Inbox implements SqliteInbox {
  readonly #path: string
  readonly #patience: Patience
  readonly #table: InboxTable
  readonly #turns = new Turns()
  /** For what is done within one statement; handlers never see it. */
  readonly #own: DatabaseSync
  #begun = 0

  constructor(options: Required<SqliteInboxOptions>) {
    this.#path = options.path
    this.#patience = { timeoutMs: options.busyTimeoutMs, late: () => busyFor(options.busyTimeoutMs) }
    this.#table = new InboxTable(options)
    this.#own = typed(() => new DatabaseSync(this.#path, { timeout: 0 }))
    try {
      this.#setUp()
    } catch (error) {
      this.#own.close()
      throw error
    }
  }

  async once(
    key: InboxKey,
    work: (tx: DatabaseSync) => Promise<void>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<'done' | 'duplicate'> {
    signal?.throwIfAborted()
    if (await this.#patiently(() => this.#table.has(this.#own, key), signal)) return 'duplicate'
    const end = await this.#turns.take(signal)
    try {
      return await this.#transact(key, work, signal)
    } finally {
      end()
    }
  }

  async sweep(olderThanMs: number): Promise<number> {
    if (!(olderThanMs >= 0)) throw new InvalidMiddlewareError('sweep: olderThanMs is a number from 0.')
    let sum = 0
    for (;;) {
      const end = await this.#turns.take(undefined)
      try {
        const { count, more } = await this.#patiently(() => this.#table.removeOld(this.#own, olderThanMs))
        sum += count
        if (!more) return sum
      } finally {
        end()
      }
    }
  }

  close(): void {
    if (this.#own.isOpen) this.#own.close()
  }

  async #transact(
    key: InboxKey,
    work: (tx: DatabaseSync) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<'done' | 'duplicate'> {
    const tx = typed(() => new DatabaseSync(this.#path, { timeout: 0 }))
    try {
      await this.#patiently(() => tx.exec('begin immediate'), signal)
      if (!typed(() => this.#table.add(tx, key))) return 'duplicate'
      if (++this.#begun % cleanEvery === 0) typed(() => this.#table.removeOld(tx, undefined, cleaned))
      await unlessAborted(work(tx), signal)
      commit(tx)
      return 'done'
    } finally {
      if (tx.isOpen && tx.isTransaction) tx.exec('rollback')
      if (tx.isOpen) tx.close()
    }
  }

  #patiently<Value>(attempt: () => Value, signal?: AbortSignal): Promise<Value> {
    return patiently(
      () => {
        if (!this.#own.isOpen) throw new InboxStoreError('The inbox is closed.', { retryable: true })
        return typed(() => unlessBusy(attempt))
      },
      { ...this.#patience, signal },
    )
  }

  #setUp(): void {
    const make = (): void => {
      this.#own.exec('pragma journal_mode = wal')
      this.#table.create(this.#own)
    }
    patientlyBlocking(() => typed(() => unlessBusy(make)), this.#patience)
  }
}

function busyFor(ms: number): InboxBusyError {
  return new InboxBusyError(`SQLite: another writer held the database for ${ms} ms.`)
}

function commit(tx: DatabaseSync): void {
  if (!tx.isOpen || !tx.isTransaction) {
    const message =
      "The inbox's transaction ended before its handler: by the handler, or by an error that it has caught."
    throw new InboxStoreError(message, { retryable: true })
  }
  typed(() => tx.exec('commit'))
}

function typed<Value>(call: () => Value): Value {
  try {
    return call()
  } catch (error) {
    throw storeError(error)
  }
}

/** What SQLite says names tables and files, never values. */
function storeError(error: unknown): unknown {
  if (isEventspineError(error)) return error
  const detail = error instanceof Error ? error.message : 'unknown error'
  return new InboxStoreError(`SQLite: ${detail}`, { retryable: true, cause: error })
}
