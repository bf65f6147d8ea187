import { createBus, timeout } from '@eventspine/core'
import { createOutbox } from '@eventspine/core/outbox'
import { sqliteOutbox } from '@eventspine/sqlite'
import { PaymentCompleted, PaymentFailed, PaymentRefunded } from '../../contracts/payments.ts'
import { openDatabase } from '../../shared/database.ts'
import { leaseMs, type Service, type ServiceOptions } from '../../shared/service.ts'
import type { PaymentGateway } from './gateway.ts'
import { paymentHandlers } from './handlers.ts'
import { createPaymentStore, paymentTables } from './store.ts'

const source = 'https://shop.example/payments'

interface PaymentServiceOptions extends ServiceOptions {
  readonly gateway: PaymentGateway
}

export async function startPaymentService({ file, gateway, ...wiring }: PaymentServiceOptions): Promise<Service> {
  const db = openDatabase(file, paymentTables)
  const store = sqliteOutbox({ path: file })
  const outbox = createOutbox({ store, source })
  const payments = createPaymentStore(db)
  const bus = await createBus({ source, ...wiring, events: [PaymentCompleted, PaymentFailed, PaymentRefunded] })
  bus.subscribe({
    group: 'payment',
    leaseMs,
    // Most of them wait for the gateway.
    concurrency: 64,
    on: paymentHandlers({ db, payments, outbox, gateway }),
    use: [timeout({ ms: 2_000 })],
    retry: { attempts: 5, backoff: { initialMs: 50, maxMs: 1_000 } },
  })
  await bus.start()

  return {
    async stop() {
      await bus.stop()
      await store.close()
      db.close()
    },
  }
}
