/** An application: orders and their events in one transaction each, until there are enough. It is killed at any moment. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { defineEvent } from '@eventspine/core'
import { createOutbox } from '@eventspine/core/outbox'
import { z } from 'zod'
import { sqliteOutbox } from '../../src/index.ts'
import { type AppReport, partitions } from './protocol.ts'

const [path = '', events = '', keys = ''] = process.argv.slice(2)

const OrderPlaced = defineEvent('order.placed', {
  schema: z.object({ customer: z.string(), note: z.string() }),
  key: (order) => order.customer,
})

/** More than this waiting, and the relays aren't keeping up: kills should fall into steady work, not into a queue. */
const enoughPending = 400

const store = sqliteOutbox({ path, partitions })
const outbox = createOutbox({ store, source: 'https://shop.example/orders' })
const database = new DatabaseSync(path, { timeout: 5_000 })
const insert = database.prepare('insert into orders (event, customer) values (?, ?)')
const count = database.prepare('select count(*) as n from orders')

function placeOrder(): void {
  const customer = `customer-${Math.trunc(Math.random() * Number(keys))}`
  database.exec('begin immediate')
  const { id } = outbox.publish(database, OrderPlaced, { customer, note: 'n\u0000'.repeat(20) })
  insert.run(id, customer)
  database.exec(Math.random() < 0.1 ? 'rollback' : 'commit')
}

function tell(error: unknown): void {
  const busy = error instanceof Error ? error.message : String(error)
  process.send?.({ busy } satisfies AppReport)
}

while ((count.get()?.n as number) < Number(events)) {
  try {
    for (let index = 0; index < 10; index++) placeOrder()
    while ((await store.status()).pending > enoughPending) await pause(5)
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    tell(error)
  }
  await pause(1)
}
await store.close()
database.close()
process.disconnect()
