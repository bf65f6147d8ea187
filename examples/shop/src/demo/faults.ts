import { type Bus, defineEvent, type Observe } from '@eventspine/core'
import { z } from 'zod'
import { OrderCreated } from '../contracts/orders.ts'

/** What goes wrong in every run, so that one sees it survived. */

/** The groups that handle `OrderCreated`. */
export const readersOfOrders = ['payment', 'inventory', 'journal'] as const

/** One order in twenty finds the payment gateway away, and one in a hundred finds it so three times. */
export function outages(orderId: string): number {
  const number = numberOf(orderId)
  if (number % 100 === 0) return 3
  return number % 20 === 0 ? 1 : 0
}

/** How the order service wrote an order many releases ago. */
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

type Order = Parameters<typeof OrderCreated.keyOf>[0]

/** Publishes one order in fifty again, as a relay does that died before it could write down how far it was. */
export function repeatOrders(bus: Bus): Observe {
  const repeated = new Set<string>()
  return (signal) => {
    if (signal.kind !== 'handled' || signal.event.type !== OrderCreated.type) return
    const { id, time = '' } = signal.event
    const data = signal.event.data as Order
    if (numberOf(data.orderId) % 50 !== 0 || repeated.has(id)) return
    repeated.add(id)
    // The bus that stops last waits for it; the books do not depend on it.
    bus.publish(OrderCreated, data, { id, time }).catch(() => {})
  }
}

const numberOf = (orderId: string): number => Number(/\d+$/.exec(orderId)?.[0] ?? 1)
