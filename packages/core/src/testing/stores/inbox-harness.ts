import type { InboxStore } from '../../middleware/inbox.ts'

/** What `testInboxStore` needs to know of a store. */
export interface InboxHarness<Tx> {
  readonly name: string
  /** Whether what `work` does with its `tx` is undone when it fails, and is committed together with the mark. */
  readonly transactional: boolean
  /** An empty store; each test opens its own and closes it. */
  open(): Promise<InboxScene<Tx>>
}

export interface InboxScene<Tx> {
  readonly inbox: InboxStore<Tx>
  /** A further instance on the same marks, as another process would hold it; the same one where the store is its own storage. */
  another(): InboxStore<Tx>
  /** Makes one effect under `name`: a transactional store writes a row with `tx`. */
  affect(tx: Tx, name: string): void | Promise<void>
  /** How many effects each name has had, of those that are durable. */
  effects(): Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}
