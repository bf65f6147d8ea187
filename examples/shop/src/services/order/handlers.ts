import type { DatabaseSync } from 'node:sqlite'
import { type Event, handle, NonRetryableError, type Registration } from '@eventspine/core'
import type { SyncOutbox } from '@eventspine/core/outbox'
import type { SqliteTransaction } from '@eventspine/sqlite'
import { InventoryRejected, InventoryReleased, InventoryReserved } from '../../contracts/inventory.ts'
import { OrderCancelled, OrderConfirmed } from '../../contracts/orders.ts'
import { PaymentCompleted, PaymentFailed, PaymentRefunded } from '../../contracts/payments.ts'
import { transaction } from '../../shared/database.ts'
import type { Order, OrderStore, Step } from './store.ts'

interface Dependencies {
  readonly db: DatabaseSync
  readonly orders: OrderStore
  readonly outbox: SyncOutbox<SqliteTransaction>
}

/**
 * An order is confirmed when it is paid and its goods are set aside, and cancelled as soon as one of them is refused. Twice
 * delivered is once done: each step leads from one state to the next, and the second time there is nothing to step from.
 */
export function orderHandlers({ db, orders, outbox }: Dependencies): Registration[] {
  const advance = (event: Event<string, { orderId: string; reason?: string }>, step: Step): void => {
    const { orderId, reason } = event.data
    transaction(db, () => {
      const order = orders.find(orderId)
      if (order === undefined) throw new NonRetryableError('An event tells of an order that was never placed.')
      if (!orders.take(orderId, step) || order.status !== 'pending') return
      const now: Order = { ...order, [step.of]: step.to }
      if (now.payment === 'failed' || now.stock === 'rejected') cancel(event, now, reason ?? 'refused')
      else if (now.payment === 'completed' && now.stock === 'reserved') confirm(event, now)
    })
  }

  const confirm = (cause: Event, { orderId, total }: Order): void => {
    orders.confirm(orderId)
    outbox.publish(db, OrderConfirmed, { orderId, total }, { cause })
  }

  const cancel = (cause: Event, { orderId }: Order, reason: string): void => {
    orders.cancel(orderId, reason)
    outbox.publish(db, OrderCancelled, { orderId, reason }, { cause })
  }

  return [
    handle(PaymentCompleted, (event) => advance(event, { of: 'payment', from: null, to: 'completed' })),
    handle(PaymentFailed, (event) => advance(event, { of: 'payment', from: null, to: 'failed' })),
    handle(PaymentRefunded, (event) => advance(event, { of: 'payment', from: 'completed', to: 'refunded' })),
    handle(InventoryReserved, (event) => advance(event, { of: 'stock', from: null, to: 'reserved' })),
    handle(InventoryRejected, (event) => advance(event, { of: 'stock', from: null, to: 'rejected' })),
    handle(InventoryReleased, (event) => advance(event, { of: 'stock', from: 'reserved', to: 'released' })),
  ]
}
