import type { Sighting } from '../demo/meter.ts'
import type { OrderRequest } from '../services/order/place.ts'

/** What a process of the shop tells the one that started it. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sighting'; readonly sighting: Sighting }
  /** To the order that was asked for last. */
  | { readonly kind: 'answer'; readonly refused?: string }

/** What the order service is asked: one at a time. */
export interface Request {
  readonly kind: 'place'
  readonly order: OrderRequest
}
