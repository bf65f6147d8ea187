import { afterEach, beforeEach, expect, test } from 'vitest'
import { OrderCancelled, OrderCreated } from '../../contracts/orders.ts'
import { createFakeGateway, type FakeGateway } from '../../demo/fake-gateway.ts'
import { openDatabase } from '../../shared/database.ts'
import { Bench } from '../../testing/bench.ts'
import { startPaymentService } from './service.ts'

const order = {
  orderId: 'o-1',
  customer: 'Þórunn',
  card: 'tok_visa_4242',
  lines: [{ sku: 'TEA', quantity: 1 }],
  total: 4_200,
}

let bench: Bench
let gateway: FakeGateway

beforeEach(() => {
  bench = new Bench()
})

afterEach(async () => {
  await bench.close()
  gateway.close()
})

async function open({ outages = 0 }: { readonly outages?: number } = {}): Promise<void> {
  gateway = createFakeGateway({ file: bench.files.gateway, outages: () => outages })
  await bench.open('payment', (options) => startPaymentService({ ...options, gateway }))
}

function charges(): unknown[] {
  const db = openDatabase(bench.files.gateway, '')
  const rows = db.prepare('select idempotency_key as key, amount, refunded from charges').all()
  db.close()
  return rows
}

test('an order is charged, and the payment told', async () => {
  await open()
  await bench.publish(OrderCreated, order)
  await bench.rest()

  expect(bench.heard).toEqual(['order.created o-1', 'payment.completed o-1'])
  expect(charges()).toEqual([{ key: 'o-1', amount: 4_200, refunded: 0 }])
})

test('an order that is delivered twice is charged and told once', async () => {
  await open()
  await bench.publish(OrderCreated, order, { id: 'e-1' })
  await bench.publish(OrderCreated, order, { id: 'e-1' })
  await bench.rest()

  expect(bench.heard.filter((each) => each === 'payment.completed o-1')).toHaveLength(1)
  expect(charges()).toHaveLength(1)
})

test('a gateway that is away for a while is asked again', async () => {
  await open({ outages: 2 })
  await bench.publish(OrderCreated, order)
  await bench.rest()

  expect(bench.heard).toContain('payment.completed o-1')
  expect(await bench.countDeadLetters('payment')).toBe(0)
})

test('a gateway that stays away leaves the order as a dead letter, uncharged', async () => {
  await open({ outages: 5 })
  await bench.publish(OrderCreated, order)
  await bench.rest()

  expect(bench.heard).toEqual(['order.created o-1'])
  expect(await bench.countDeadLetters('payment')).toBe(1)
})

test.each([
  ['a declined card', { card: 'tok_declined_1' }],
  ['a total beyond the limit', { total: 250_001 }],
])('%s fails the payment', async (_case, change) => {
  await open()
  await bench.publish(OrderCreated, { ...order, ...change })
  await bench.rest()

  expect(bench.heard).toEqual(['order.created o-1', 'payment.failed o-1'])
})

test('a cancelled order is refunded once', async () => {
  await open()
  await bench.publish(OrderCreated, order)
  await bench.publish(OrderCancelled, { orderId: 'o-1', reason: 'out of stock' })
  await bench.publish(OrderCancelled, { orderId: 'o-1', reason: 'out of stock' })
  await bench.rest()

  expect(bench.heard.filter((each) => each === 'payment.refunded o-1')).toHaveLength(1)
  expect(charges()).toEqual([{ key: 'o-1', amount: 4_200, refunded: 4_200 }])
})

test('an order whose cancellation came first is never charged', async () => {
  await open()
  await bench.publish(OrderCancelled, { orderId: 'o-1', reason: 'out of stock' })
  await bench.publish(OrderCreated, order)
  await bench.rest()

  expect(bench.heard).toEqual(['order.cancelled o-1', 'order.created o-1'])
  expect(charges()).toEqual([])
})
