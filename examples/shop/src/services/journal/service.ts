import { createBus, type Event, handleBatch } from '@eventspine/core'
import { InventoryRejected, InventoryReleased, InventoryReserved } from '../../contracts/inventory.ts'
import { OrderCancelled, OrderConfirmed, OrderCreated } from '../../contracts/orders.ts'
import { PaymentCompleted, PaymentFailed, PaymentRefunded } from '../../contracts/payments.ts'
import { openDatabase, transaction } from '../../shared/database.ts'
import { leaseMs, type Service, type ServiceOptions } from '../../shared/service.ts'

const source = 'https://shop.example/journal'

const everything = [
  ...[OrderCreated, OrderConfirmed, OrderCancelled],
  ...[PaymentCompleted, PaymentFailed, PaymentRefunded],
  ...[InventoryReserved, InventoryRejected, InventoryReleased],
]

const tables = `
  create table if not exists events (
    source text not null, id text not null, type text not null, order_id text not null, time text,
    primary key (source, id)
  ) strict, without rowid;`

/** Writes down every event once, many in one transaction: what reports and auditors read. Publishes nothing. */
export async function startJournalService({ file, ...wiring }: ServiceOptions): Promise<Service> {
  const db = openDatabase(file, tables)
  const insert = db.prepare('insert into events values (?, ?, ?, ?, ?) on conflict do nothing')
  const write = (events: readonly Event<string, { orderId: string }>[]): void =>
    transaction(db, () => {
      for (const { source, id, type, data, time } of events) insert.run(source, id, type, data.orderId, time ?? null)
    })
  const bus = await createBus({ source, ...wiring })
  bus.subscribe({ group: 'journal', leaseMs, on: everything.map((definition) => handleBatch(definition, write)) })
  await bus.start()

  return {
    async stop() {
      await bus.stop()
      db.close()
    },
  }
}
