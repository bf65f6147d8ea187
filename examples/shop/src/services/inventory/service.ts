import { createBus, idempotency } from '@eventspine/core'
import { createOutbox } from '@eventspine/core/outbox'
import { sqliteInbox, sqliteOutbox } from '@eventspine/sqlite'
import { InventoryRejected, InventoryReleased, InventoryReserved } from '../../contracts/inventory.ts'
import { openDatabase, transaction } from '../../shared/database.ts'
import { leaseMs, type Service, type ServiceOptions } from '../../shared/service.ts'
import { inventoryHandlers } from './handlers.ts'
import { createInventoryStore, inventoryTables } from './store.ts'

const source = 'https://shop.example/inventory'

interface InventoryServiceOptions extends ServiceOptions {
  readonly products: Iterable<{ readonly sku: string; readonly stock: number }>
}

export async function startInventoryService({ file, products, ...wiring }: InventoryServiceOptions): Promise<Service> {
  fillShelves(file, products)
  const store = sqliteOutbox({ path: file })
  const outbox = createOutbox({ store, source })
  const inbox = sqliteInbox({ path: file })
  const bus = await createBus({ source, ...wiring, events: [InventoryReserved, InventoryRejected, InventoryReleased] })
  bus.subscribe({ group: 'inventory', leaseMs, on: inventoryHandlers({ inbox, outbox }), use: [idempotency(inbox)] })
  await bus.start()

  return {
    async stop() {
      await bus.stop()
      await store.close()
      inbox.close()
    },
  }
}

function fillShelves(file: string, products: InventoryServiceOptions['products']): void {
  const db = openDatabase(file, inventoryTables)
  transaction(db, () => createInventoryStore(db).stockUp(products))
  db.close()
}
