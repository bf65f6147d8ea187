import { z } from 'zod'

export const orderId = z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"')
/** Money is a whole number of the smallest unit: a sum of floats does not add up. */
export const cents = z.int().nonnegative()
export const orderLine = z.object({ sku: z.string().min(1).max(64), quantity: z.int().min(1).max(10_000) })
