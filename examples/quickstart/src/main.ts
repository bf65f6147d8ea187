import { createBus, defineEvent, handle } from '@eventspine/core'
import { z } from 'zod'

const OrderCreated = defineEvent('order.created', {
  schema: z.object({ orderId: z.string(), total: z.int() }),
  key: (order) => order.orderId,
})

const bus = await createBus({ source: 'https://shop.example/orders', transport: 'memory:' })
bus.subscribe({ group: 'billing', on: [handle(OrderCreated, (event) => console.log('to bill:', event.data))] })

await bus.start()
await bus.publish(OrderCreated, { orderId: 'o-1', total: 4200 })
await bus.stop()
