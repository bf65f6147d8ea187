import { z } from 'zod'
import { orderId, orderLine } from '../contracts/values.ts'
import type { OrderRequest } from '../services/order/place.ts'

/** Whatever the file holds: what is missing or wrong is a sentence about it, never a crash. */
export type Parsed =
  | { readonly order: OrderRequest; readonly fault?: undefined }
  | { readonly order?: undefined; readonly fault: string }

const orderSchema = z.object({
  orderId,
  customer: z.string().min(1).max(200),
  card: z.string().regex(/^tok_[\w-]{1,60}$/, 'must be a token, such as tok_visa_4242'),
  lines: z.array(orderLine).min(1).max(100),
})

const decoder = new TextDecoder('utf-8', { fatal: true })

export function parseOrder(line: Uint8Array): Parsed {
  const text = decode(line)
  if (text === undefined) return { fault: 'is not UTF-8' }
  const json = parseJson(text)
  if (json === undefined) return { fault: 'is not JSON' }
  const { success, data, error } = orderSchema.safeParse(json.value)
  if (success) return { order: data }
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  return { fault: path === '' ? `is not an order: ${issue?.message}` : `${path}: ${issue?.message}` }
}

function decode(line: Uint8Array): string | undefined {
  try {
    return decoder.decode(line)
  } catch {
    return undefined
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
