import { defineEvent } from '@eventspine/core'
import { z } from 'zod'
import { cents, orderId } from './values.ts'

const topic = 'payments'

export const PaymentCompleted = defineEvent('payment.completed', {
  topic,
  schema: z.object({ orderId, amount: cents }),
  key: (payment) => payment.orderId,
})

export const PaymentFailed = defineEvent('payment.failed', {
  topic,
  schema: z.object({ orderId, reason: z.string() }),
  key: (payment) => payment.orderId,
})

export const PaymentRefunded = defineEvent('payment.refunded', {
  topic,
  schema: z.object({ orderId, amount: cents }),
  key: (payment) => payment.orderId,
})
