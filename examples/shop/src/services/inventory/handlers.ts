import type { DatabaseSync } from 'node:sqlite'
import { handle, type InboxStore, inboxTx, type Registration } from '@eventspine/core'
import type { SyncOutbox } from '@eventspine/core/outbox'
import type { SqliteTransaction } from '@eventspine/sqlite'
import { InventoryRejected, InventoryReleased, InventoryReserved } from '../../contracts/inventory.ts'
import { OrderCancelled, OrderCreated } from '../../contracts/orders.ts'
import { createInventoryStore } from './store.ts'

interface Dependencies {
  readonly inbox: InboxStore<DatabaseSync>
  readonly outbox: SyncOutbox<SqliteTransaction>
}

/** The inbox's transaction holds all: that the event was here, the goods that it moved, and the event that tells of it. */
export function inventoryHandlers({ inbox, outbox }: Dependencies): Registration[] {
  return [
    handle(OrderCreated, (event, context) => {
      const { orderId, lines } = event.data
      const tx = inboxTx(inbox, context)
      const inventory = createInventoryStore(tx)
      if (inventory.statusOf(orderId) !== undefined) return
      const shortage = inventory.findShortage(lines)
      if (shortage === undefined) {
        inventory.mark(orderId, 'reserved')
        inventory.take(orderId, lines)
        outbox.publish(tx, InventoryReserved, { orderId }, { cause: event })
      } else {
        inventory.mark(orderId, 'rejected')
        outbox.publish(tx, InventoryRejected, { orderId, reason: `out of stock: ${shortage.sku}` }, { cause: event })
      }
    }),

    handle(OrderCancelled, (event, context) => {
      const { orderId } = event.data
      const tx = inboxTx(inbox, context)
      const inventory = createInventoryStore(tx)
      const status = inventory.statusOf(orderId)
      // Here first only while OrderCreated is a dead letter: should that be replayed, nothing is set aside any more.
      if (status === undefined) return inventory.mark(orderId, 'void')
      if (status !== 'reserved') return
      inventory.mark(orderId, 'released')
      inventory.giveBack(orderId)
      outbox.publish(tx, InventoryReleased, { orderId }, { cause: event })
    }),
  ]
}
