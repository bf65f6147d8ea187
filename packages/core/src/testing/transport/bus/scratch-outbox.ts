import type { OutboxBatch, OutboxEvent, SyncOutboxStore } from '../../../outbox/store.ts'
import type { Message } from '../../../transport/message.ts'

interface ScratchTx {
  readonly messages: Message[]
}

export interface ScratchOutbox {
  readonly store: SyncOutboxStore<ScratchTx>
  /** Commits when `work` succeeds, rolls back when it fails. */
  transaction(work: (tx: ScratchTx) => Promise<void>): Promise<void>
}

/** The smallest outbox that can roll back: one partition, in memory, for handlers that write and fail. */
export function scratchOutbox(): ScratchOutbox {
  let log: OutboxEvent[] = []
  let relayed = 0
  const commit = ({ messages }: ScratchTx): void => {
    for (const message of messages) log.push({ ref: message.id, message, attempt: 1 })
  }
  const store: SyncOutboxStore<ScratchTx> = {
    name: 'scratch',
    sync: true,
    append: (tx, messages) => void tx.messages.push(...messages),
    claim: async () => ({ claims: [{ partition: 0, epoch: 1 }], share: 1 }),
    release: async () => {},
    read: async (claim, { events }): Promise<OutboxBatch | undefined> =>
      log.length === 0 ? undefined : { claim, events: log.slice(0, events), next: undefined },
    async commit({ events }, results) {
      const gone = new Set(events.filter((_, index) => results[index]?.as === 'relayed'))
      log = log.filter((event) => !gone.has(event))
      relayed += gone.size
      return 'committed'
    },
    parked: async () => [],
    retryParked: async () => 0,
    discardParked: async () => 0,
    status: async () => ({
      pending: log.length,
      oldestPendingAgeMs: undefined,
      delayed: 0,
      parked: 0,
      held: 0,
      relayed,
    }),
    cleanup: async () => ({ removed: 0, more: false }),
    close: async () => {},
  }
  return {
    store,
    async transaction(work) {
      const tx: ScratchTx = { messages: [] }
      await work(tx)
      commit(tx)
    },
  }
}
