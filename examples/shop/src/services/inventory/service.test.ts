import { afterEach, beforeEach, expect, test } from 'vitest'
import { OrderCancelled, OrderCreated } from '../../contracts/orders.ts'
import { openDatabase } from '../../shared/database.ts'
import { Bench } from '../../testing/bench.ts'
import { startInventoryService } from './service.ts'

const order = {
  orderId: 'o-1',
  customer: 'สมหญิง',
  card: 'tok_visa_4242',
  lines: [
    { sku: 'TEA', quantity: 2 },
    { sku: 'CUP', quantity: 1 },
  ],
  total: 4_200,
}
const products = [
  { sku: 'TEA', stock: 5 },
  { sku: 'CUP', stock: 2 },
]

let bench: Bench

beforeEach(async () => {
  bench = new Bench()
  await bench.open('inventory', (options) => startInventoryService({ ...options, products }))
})

afterEach(() => bench.close())

function left(): Record<string, unknown> {
  const db = openDatabase(bench.files.inventory, '')
  const rows = db.prepare('select sku, available from stock').all()
  db.close()
  return Object.fromEntries(rows.map(({ sku, available }) => [sku, available]))
}

test('goods that are there are set aside', async () => {
  await bench.publish(OrderCreated, order)
  await bench.rest()

  expect(bench.heard).toEqual(['order.created o-1', 'inventory.reserved o-1'])
  expect(left()).toEqual({ TEA: 3, CUP: 1 })
})

test('an order that is delivered twice takes its goods once', async () => {
  await bench.publish(OrderCreated, order, { id: 'e-1' })
  await bench.publish(OrderCreated, order, { id: 'e-1' })
  await bench.rest()

  expect(bench.heard.filter((each) => each === 'inventory.reserved o-1')).toHaveLength(1)
  expect(left()).toEqual({ TEA: 3, CUP: 1 })
})

test.each([
  [
    'more than there is',
    [
      { sku: 'TEA', quantity: 1 },
      { sku: 'CUP', quantity: 3 },
    ],
  ],
  [
    'a product that there never was',
    [
      { sku: 'TEA', quantity: 1 },
      { sku: 'UFO', quantity: 1 },
    ],
  ],
])('an order for %s is rejected and takes nothing', async (_case, lines) => {
  await bench.publish(OrderCreated, { ...order, lines })
  await bench.rest()

  expect(bench.heard).toEqual(['order.created o-1', 'inventory.rejected o-1'])
  expect(left()).toEqual({ TEA: 5, CUP: 2 })
})

test('a cancelled order gives its goods back once', async () => {
  await bench.publish(OrderCreated, order)
  await bench.publish(OrderCancelled, { orderId: 'o-1', reason: 'card declined' })
  await bench.publish(OrderCancelled, { orderId: 'o-1', reason: 'card declined' })
  await bench.rest()

  expect(bench.heard.filter((each) => each === 'inventory.released o-1')).toHaveLength(1)
  expect(left()).toEqual({ TEA: 5, CUP: 2 })
})

test('an order whose cancellation came first takes nothing', async () => {
  await bench.publish(OrderCancelled, { orderId: 'o-1', reason: 'card declined' })
  await bench.publish(OrderCreated, order)
  await bench.rest()

  expect(bench.heard).toEqual(['order.cancelled o-1', 'order.created o-1'])
  expect(left()).toEqual({ TEA: 5, CUP: 2 })
})
