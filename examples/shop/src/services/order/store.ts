import type { DatabaseSync } from 'node:sqlite'

export const orderTables = `
  create table if not exists orders (
    order_id text primary key, customer text not null, total integer not null,
    status text not null default 'pending' check (status in ('pending', 'confirmed', 'cancelled')),
    payment text check (payment in ('completed', 'failed', 'refunded')),
    stock text check (stock in ('reserved', 'rejected', 'released')),
    reason text
  ) strict;
  create table if not exists order_lines (
    order_id text not null, sku text not null, quantity integer not null, primary key (order_id, sku)
  ) strict, without rowid;
  create index if not exists orders_pending on orders (status) where status = 'pending';`

export interface Order {
  readonly orderId: string
  readonly total: number
  readonly status: 'pending' | 'confirmed' | 'cancelled'
  readonly payment: 'completed' | 'failed' | 'refunded' | null
  readonly stock: 'reserved' | 'rejected' | 'released' | null
}

export interface NewOrder {
  readonly orderId: string
  readonly customer: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly total: number
}

/** One step that payment or stock of an order may take; from anywhere else it is not taken. */
export type Step =
  | { readonly of: 'payment'; readonly from: Order['payment']; readonly to: NonNullable<Order['payment']> }
  | { readonly of: 'stock'; readonly from: Order['stock']; readonly to: NonNullable<Order['stock']> }

export type OrderStore = ReturnType<typeof createOrderStore>

export function createOrderStore(db: DatabaseSync) {
  const insert = db.prepare('insert into orders (order_id, customer, total) values (?, ?, ?) on conflict do nothing')
  const insertLine = db.prepare('insert into order_lines values (?, ?, ?)')
  const select = db.prepare(
    'select order_id as "orderId", total, status, payment, stock from orders where order_id = ?',
  )
  const steps = {
    payment: db.prepare('update orders set payment = ? where order_id = ? and payment is ?'),
    stock: db.prepare('update orders set stock = ? where order_id = ? and stock is ?'),
  }
  const close = db.prepare('update orders set status = ?, reason = ? where order_id = ?')
  const pending = db.prepare(`select count(*) as n from orders where status = 'pending'`)

  return {
    /** False: the id is taken. */
    add({ orderId, customer, lines, total }: NewOrder): boolean {
      if (insert.run(orderId, customer, total).changes === 0) return false
      for (const { sku, quantity } of lines) insertLine.run(orderId, sku, quantity)
      return true
    },
    find: (orderId: string) => select.get(orderId) as unknown as Order | undefined,
    /** False: it was taken before. */
    take: (orderId: string, { of, from, to }: Step) => steps[of].run(to, orderId, from).changes > 0,
    confirm: (orderId: string) => close.run('confirmed', null, orderId),
    cancel: (orderId: string, reason: string) => close.run('cancelled', reason, orderId),
    countPending: () => pending.get()?.n as number,
  }
}
