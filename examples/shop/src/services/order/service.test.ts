import { afterEach, beforeEach, expect, test } from 'vitest'
import { InventoryRejected, InventoryReleased, InventoryReserved } from '../../contracts/inventory.ts'
import { PaymentCompleted, PaymentFailed, PaymentRefunded } from '../../contracts/payments.ts'
import { openDatabase } from '../../shared/database.ts'
import { Bench } from '../../testing/bench.ts'
import { OrderRefusedError } from './place.ts'
import { type OrderService, startOrderService } from './service.ts'

const request = { orderId: 'o-1', customer: '𠮷野 さくら', card: 'tok_visa_4242', lines: [{ sku: 'TEA', quantity: 2 }] }
const prices = new Map([['TEA', 2_100]])

let bench: Bench
let orders: OrderService

beforeEach(async () => {
  bench = new Bench()
  orders = await bench.open('order', (options) => startOrderService({ ...options, prices }))
})

afterEach(() => bench.close())

function stored(): unknown {
  const db = openDatabase(bench.files.order, '')
  const row = db.prepare('select customer, total, status, payment, stock, reason from orders').get()
  db.close()
  return row
}

test('a placed order is priced, stored and told', async () => {
  orders.place({ ...request, lines: [...request.lines, { sku: 'TEA', quantity: 1 }] })
  await bench.rest()

  expect(bench.heard).toEqual(['order.created o-1'])
  expect(stored()).toMatchObject({ customer: '𠮷野 さくら', total: 6_300, status: 'pending' })
})

test.each([
  ['an id that is taken', request],
  ['an unknown product', { ...request, orderId: 'o-2', lines: [{ sku: 'UFO', quantity: 1 }] }],
])('an order with %s is refused, and nothing told', async (_case, bad) => {
  orders.place(request)

  expect(() => orders.place(bad)).toThrow(OrderRefusedError)
  await bench.rest()
  expect(bench.heard).toEqual(['order.created o-1'])
})

test('an order whose event can not be published is not stored', async () => {
  const lines = [
    { sku: 'TEA', quantity: 10_000 },
    { sku: 'TEA', quantity: 10_000 },
  ]

  expect(() => orders.place({ ...request, lines })).toThrow(/invalid/)
  expect(stored()).toBeUndefined()
})

test('paid and set aside confirms an order, in whatever order that comes', async () => {
  orders.place(request)
  await bench.publish(InventoryReserved, { orderId: 'o-1' })
  await bench.publish(PaymentCompleted, { orderId: 'o-1', amount: 4_200 })
  await bench.rest()

  expect(bench.heard.at(-1)).toBe('order.confirmed o-1')
  expect(stored()).toMatchObject({ status: 'confirmed', payment: 'completed', stock: 'reserved' })
})

test('a failed payment cancels an order at once, with its reason', async () => {
  orders.place(request)
  await bench.publish(PaymentFailed, { orderId: 'o-1', reason: 'card declined' })
  await bench.rest()

  expect(bench.heard.at(-1)).toBe('order.cancelled o-1')
  expect(stored()).toMatchObject({ status: 'cancelled', reason: 'card declined' })
})

test('an order is cancelled once, and knows what came back', async () => {
  orders.place(request)
  await bench.publish(InventoryRejected, { orderId: 'o-1', reason: 'out of stock' })
  await bench.publish(PaymentCompleted, { orderId: 'o-1', amount: 4_200 })
  await bench.publish(PaymentRefunded, { orderId: 'o-1', amount: 4_200 })
  await bench.publish(PaymentCompleted, { orderId: 'o-1', amount: 4_200 })
  await bench.rest()

  expect(bench.heard.filter((each) => each.startsWith('order.c'))).toEqual(['order.created o-1', 'order.cancelled o-1'])
  expect(stored()).toMatchObject({ status: 'cancelled', payment: 'refunded', stock: 'rejected' })
})

test('both refused cancels an order once', async () => {
  orders.place(request)
  await bench.publish(PaymentFailed, { orderId: 'o-1', reason: 'card declined' })
  await bench.publish(InventoryRejected, { orderId: 'o-1', reason: 'out of stock' })
  await bench.rest()

  expect(bench.heard.filter((each) => each === 'order.cancelled o-1')).toHaveLength(1)
})

test('goods that were given back are noted', async () => {
  orders.place(request)
  await bench.publish(InventoryReserved, { orderId: 'o-1' })
  await bench.publish(PaymentFailed, { orderId: 'o-1', reason: 'card declined' })
  await bench.publish(InventoryReleased, { orderId: 'o-1' })
  await bench.rest()

  expect(stored()).toMatchObject({ status: 'cancelled', payment: 'failed', stock: 'released' })
})

test('an event of an order that was never placed is a dead letter at once', async () => {
  await bench.publish(PaymentCompleted, { orderId: 'o-404', amount: 1 })
  await bench.rest()

  expect(await bench.countDeadLetters('order')).toBe(1)
})
