import { defineEvent } from '@eventspine/core'
import { z } from 'zod'

export const source = 'https://shop.example/orders'

const OrderSchema = z.object({
  orderId: z.string(),
  customer: z.string(),
  currency: z.string(),
  total: z.int(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int(), price: z.int() })),
})

export const OrderCreated = defineEvent('order.created', { schema: OrderSchema, key: (order) => order.customer })

/** The same event on another topic: for a server that outlives a case. */
export function ordersOn(topic: string): typeof OrderCreated {
  return defineEvent('order.created', { topic, schema: OrderSchema, key: (order) => order.customer })
}

const keys = 16
const distinctOrders = 1_024

type Order = Parameters<typeof OrderCreated.keyOf>[0]

const orders: readonly Order[] = Array.from({ length: distinctOrders }, (_, index) => ({
  orderId: `o-${100_000 + index}`,
  customer: `customer-${index % keys}`,
  currency: 'EUR',
  total: 4_200 + index * 7,
  lines: [
    { sku: `sku-${index % 97}`, quantity: 1 + (index % 3), price: 1_050 },
    { sku: `sku-${index % 89}`, quantity: 1, price: 2_100 + index },
  ],
}))

/** The same orders for every subject, over 16 keys; JSON of some 170 bytes each. */
export function orderAt(index: number): Order {
  return orders[index % distinctOrders] as Order
}
