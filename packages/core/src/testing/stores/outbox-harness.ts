import type { OutboxStore } from '../../outbox/store.ts'

/** What `testOutboxStore` needs to know of a store, and of the database behind it. */
export interface OutboxHarness<Tx> {
  readonly name: string
  /** Whether two transactions can have written and not yet committed at the same time. */
  readonly concurrentWriters: boolean
  /** An empty outbox with so many partitions; each test opens its own and closes it. */
  open(options: { readonly partitions: number }): Promise<OutboxScene<Tx>>
}

export interface OutboxScene<Tx> {
  readonly store: OutboxStore<Tx>
  /** A further instance on the same tables, as another process would hold it; closed with the scene. */
  another(): Promise<OutboxStore<Tx>>
  /** A write transaction of the application's, on a connection of its own. */
  begin(): Promise<OpenTransaction<Tx>>
  /** A handle of the application's that is in no transaction. */
  idle(): Promise<Tx>
  close(): Promise<void>
}

export interface OpenTransaction<Tx> {
  readonly tx: Tx
  commit(): Promise<void>
  rollback(): Promise<void>
}
