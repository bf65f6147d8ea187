import { defineEvent } from '@eventspine/core'
import { z } from 'zod'
import { orderId } from './values.ts'

const topic = 'inventory'

export const InventoryReserved = defineEvent('inventory.reserved', {
  topic,
  schema: z.object({ orderId }),
  key: (reservation) => reservation.orderId,
})

export const InventoryRejected = defineEvent('inventory.rejected', {
  topic,
  schema: z.object({ orderId, reason: z.string() }),
  key: (reservation) => reservation.orderId,
})

export const InventoryReleased = defineEvent('inventory.released', {
  topic,
  schema: z.object({ orderId }),
  key: (reservation) => reservation.orderId,
})
