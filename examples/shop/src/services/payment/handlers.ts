import type { DatabaseSync } from 'node:sqlite'
import { handle, type Registration } from '@eventspine/core'
import type { SyncOutbox } from '@eventspine/core/outbox'
import type { SqliteTransaction } from '@eventspine/sqlite'
import { OrderCancelled, OrderCreated } from '../../contracts/orders.ts'
import { PaymentCompleted, PaymentFailed, PaymentRefunded } from '../../contracts/payments.ts'
import { transaction } from '../../shared/database.ts'
import type { PaymentGateway } from './gateway.ts'
import type { PaymentStore } from './store.ts'

interface Dependencies {
  readonly db: DatabaseSync
  readonly payments: PaymentStore
  readonly outbox: SyncOutbox<SqliteTransaction>
  readonly gateway: PaymentGateway
}

/**
 * The gateway is asked first, outside of any transaction: no lock waits for a network. After a crash in between, the event
 * comes again, the gateway knows its idempotency key, and the row is written then.
 */
export function paymentHandlers({ db, payments, outbox, gateway }: Dependencies): Registration[] {
  return [
    handle(OrderCreated, async (event) => {
      const { orderId, card, total: amount } = event.data
      if (payments.find(orderId) !== undefined) return
      const charge = await gateway.charge({ idempotencyKey: orderId, card, amount })
      transaction(db, () => {
        if (!payments.add({ orderId, amount, status: charge.status })) return
        if (charge.status === 'captured') outbox.publish(db, PaymentCompleted, { orderId, amount }, { cause: event })
        else outbox.publish(db, PaymentFailed, { orderId, reason: charge.reason }, { cause: event })
      })
    }),

    handle(OrderCancelled, async (event) => {
      const { orderId } = event.data
      // Here first only while OrderCreated is a dead letter: should that be replayed, nobody is charged any more.
      if (payments.add({ orderId, amount: 0, status: 'void' })) return
      const payment = payments.find(orderId)
      if (payment?.status !== 'captured') return
      await gateway.refund({ idempotencyKey: orderId })
      transaction(db, () => {
        if (!payments.markRefunded(orderId)) return
        outbox.publish(db, PaymentRefunded, { orderId, amount: payment.amount }, { cause: event })
      })
    }),
  ]
}
