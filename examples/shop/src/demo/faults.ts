import { type Bus, defineEvent } from '@eventspine/core'
import { z } from 'zod'
import { OrderCreated } from '../contracts/orders.ts'

/** One order in twenty finds the payment gateway away, and one in a hundred finds it so three times. */
export function outages(orderId: string): number {
  const number = Number(/\d+$/.exec(orderId)?.[0] ?? 1)
  if (number % 100 === 0) return 3
  return number % 20 === 0 ? 1 : 0
}

/** How an older system that nobody has looked after for years writes an order. */
const LegacyOrder = defineEvent(OrderCreated.type, {
  topic: OrderCreated.topic,
  schema: z.object({ order_no: z.string(), amount: z.string() }),
  key: (order) => order.order_no,
})

/** Publishes an event that nobody can read; resolves to its id. Each group that reads orders has it as a dead letter then. */
export async function publishMalformedOrder(bus: Bus): Promise<string> {
  const { id } = await bus.publish(LegacyOrder, { order_no: '4711', amount: '12,90 €' })
  return id
}

/** The groups that handle `OrderCreated`. */
export const readersOfOrders = ['payment', 'inventory', 'journal'] as const
