import { createBus } from '@eventspine/core'
import { createOutbox } from '@eventspine/core/outbox'
import { sqliteOutbox } from '@eventspine/sqlite'
import { OrderCancelled, OrderConfirmed, OrderCreated } from '../../contracts/orders.ts'
import { openDatabase } from '../../shared/database.ts'
import { leaseMs, type Service, type ServiceOptions } from '../../shared/service.ts'
import { orderHandlers } from './handlers.ts'
import { type OrderRequest, placeOrder } from './place.ts'
import { createOrderStore, orderTables } from './store.ts'

export const orderSource = 'https://shop.example/orders'

interface OrderServiceOptions extends ServiceOptions {
  /** In cents, by SKU. */
  readonly prices: ReadonlyMap<string, number>
}

export interface OrderService extends Service {
  /** Throws an `OrderRefusedError` for an unknown product or an id that is taken. */
  place(request: OrderRequest): void
  countPending(): number
}

export async function startOrderService({ file, prices, ...wiring }: OrderServiceOptions): Promise<OrderService> {
  const db = openDatabase(file, orderTables)
  const store = sqliteOutbox({ path: file })
  const outbox = createOutbox({ store, source: orderSource })
  const orders = createOrderStore(db)
  const bus = await createBus({
    source: orderSource,
    ...wiring,
    events: [OrderCreated, OrderConfirmed, OrderCancelled],
  })
  bus.subscribe({ group: 'order', leaseMs, on: orderHandlers({ db, orders, outbox }) })
  await bus.start()

  return {
    place: (request) => placeOrder({ db, orders, outbox, prices }, request),
    countPending: () => orders.countPending(),
    async stop() {
      await bus.stop()
      await store.close()
      db.close()
    },
  }
}
