import type { DatabaseSync } from 'node:sqlite'

export const paymentTables = `
  create table if not exists payments (
    order_id text primary key, amount integer not null,
    status text not null check (status in ('captured', 'declined', 'refunded', 'void'))
  ) strict;`

/** `void`: cancelled before anything was charged, and never to be charged. */
export interface Payment {
  readonly orderId: string
  readonly amount: number
  readonly status: 'captured' | 'declined' | 'refunded' | 'void'
}

export type PaymentStore = ReturnType<typeof createPaymentStore>

export function createPaymentStore(db: DatabaseSync) {
  const select = db.prepare('select order_id as "orderId", amount, status from payments where order_id = ?')
  const insert = db.prepare('insert into payments (order_id, amount, status) values (?, ?, ?) on conflict do nothing')
  const refund = db.prepare(`update payments set status = 'refunded' where order_id = ? and status = 'captured'`)

  return {
    find: (orderId: string) => select.get(orderId) as unknown as Payment | undefined,
    /** False: it was there before. */
    add: ({ orderId, amount, status }: Payment) => insert.run(orderId, amount, status).changes > 0,
    /** False: there was nothing to refund. */
    markRefunded: (orderId: string) => refund.run(orderId).changes > 0,
  }
}
