import { defineEvent } from '@eventspine/core'
import { z } from 'zod'
import { cents, orderId, orderLine } from './values.ts'

/** All events of an order's life in one topic, by its id: whoever reads it sees the creation before the cancellation. */
const topic = 'orders'

export const OrderCreated = defineEvent('order.created', {
  topic,
  schema: z.object({
    orderId,
    customer: z.string(),
    card: z.string(),
    lines: z.array(orderLine).min(1).max(100),
    total: cents,
  }),
  key: (order) => order.orderId,
})

export const OrderConfirmed = defineEvent('order.confirmed', {
  topic,
  schema: z.object({ orderId, total: cents }),
  key: (order) => order.orderId,
})

export const OrderCancelled = defineEvent('order.cancelled', {
  topic,
  schema: z.object({ orderId, reason: z.string() }),
  key: (order) => order.orderId,
})
