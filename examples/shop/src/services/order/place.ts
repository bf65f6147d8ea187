import type { DatabaseSync } from 'node:sqlite'
import type { SyncOutbox } from '@eventspine/core/outbox'
import type { SqliteTransaction } from '@eventspine/sqlite'
import { OrderCreated } from '../../contracts/orders.ts'
import { transaction } from '../../shared/database.ts'
import type { OrderStore } from './store.ts'

/** What a customer asks for. Prices are the shop's. */
export interface OrderRequest {
  readonly orderId: string
  readonly customer: string
  readonly card: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

export class OrderRefusedError extends Error {
  override readonly name = 'OrderRefusedError'
}

interface Dependencies {
  readonly db: DatabaseSync
  readonly orders: OrderStore
  readonly outbox: SyncOutbox<SqliteTransaction>
  /** In cents, by SKU. */
  readonly prices: ReadonlyMap<string, number>
}

/** Writes the order and tells of it, in one transaction: neither is ever there without the other. */
export function placeOrder({ db, orders, outbox, prices }: Dependencies, request: OrderRequest): void {
  const { orderId, customer, card } = request
  const lines = merge(request.lines)
  const total = lines.reduce((sum, { sku, quantity }) => sum + quantity * priceOf(prices, sku), 0)
  transaction(db, () => {
    const added = orders.add({ orderId, customer, lines, total })
    if (!added) throw new OrderRefusedError(`there is an order ${JSON.stringify(orderId)} already`)
    outbox.publish(db, OrderCreated, { orderId, customer, card, lines, total })
  })
}

function priceOf(prices: ReadonlyMap<string, number>, sku: string): number {
  const price = prices.get(sku)
  if (price === undefined) throw new OrderRefusedError(`the shop has no product ${JSON.stringify(sku)}`)
  return price
}

/** One line for each SKU. */
function merge(lines: OrderRequest['lines']): { sku: string; quantity: number }[] {
  const quantities = new Map<string, number>()
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity)
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }))
}
