import { defineEvent } from '@eventspine/core'
import { z } from 'zod'

export const source = 'https://shop.example/orders'

export const OrderCreated = defineEvent('order.created', {
  schema: z.object({ orderId: z.string(), customer: z.string(), total: z.int(), currency: z.string() }),
  key: (order) => order.customer,
})

const keys = 16
const distinctOrders = 1_024

type Order = Parameters<typeof OrderCreated.keyOf>[0]

const orders: readonly Order[] = Array.from({ length: distinctOrders }, (_, index) => ({
  orderId: `o-${100_000 + index}`,
  customer: `customer-${index % keys}`,
  total: 4_200 + index * 7,
  currency: 'EUR',
}))

/** The same orders for every subject, over 16 keys: small ones, so that what is ours isn't lost in what is the schema's. */
export function orderAt(index: number): Order {
  return orders[index % distinctOrders] as Order
}
