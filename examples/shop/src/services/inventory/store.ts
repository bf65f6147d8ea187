import type { DatabaseSync } from 'node:sqlite'

export const inventoryTables = `
  create table if not exists stock (sku text primary key, available integer not null check (available >= 0)) strict;
  create table if not exists reservations (
    order_id text primary key, status text not null check (status in ('reserved', 'rejected', 'released', 'void'))
  ) strict;
  create table if not exists reserved_lines (
    order_id text not null, sku text not null, quantity integer not null, primary key (order_id, sku)
  ) strict, without rowid;`

export interface Line {
  readonly sku: string
  readonly quantity: number
}

/** `void`: cancelled before anything was set aside, and never to be set aside. */
type Status = 'reserved' | 'rejected' | 'released' | 'void'

/** Over the connection of one transaction. Whoever calls has checked what must hold before. */
export function createInventoryStore(db: DatabaseSync) {
  const move = (lines: readonly Line[], direction: 1 | -1): void => {
    const update = db.prepare('update stock set available = available + ? where sku = ?')
    for (const { sku, quantity } of lines) update.run(direction * quantity, sku)
  }

  return {
    /** For a shop that opens: what is there already stays. */
    stockUp(products: Iterable<{ readonly sku: string; readonly stock: number }>): void {
      const insert = db.prepare('insert into stock values (?, ?) on conflict do nothing')
      for (const { sku, stock } of products) insert.run(sku, stock)
    },
    statusOf(orderId: string): Status | undefined {
      return db.prepare('select status from reservations where order_id = ?').get(orderId)?.status as Status | undefined
    },
    mark(orderId: string, status: Status): void {
      db.prepare('insert into reservations values (?, ?) on conflict do update set status = excluded.status').run(
        orderId,
        status,
      )
    },
    /** The first that there isn't enough of. */
    findShortage(lines: readonly Line[]): Line | undefined {
      const select = db.prepare('select available from stock where sku = ?')
      return lines.find(({ sku, quantity }) => Number(select.get(sku)?.available ?? 0) < quantity)
    },
    take(orderId: string, lines: readonly Line[]): void {
      const insert = db.prepare('insert into reserved_lines values (?, ?, ?)')
      for (const { sku, quantity } of lines) insert.run(orderId, sku, quantity)
      move(lines, -1)
    },
    giveBack(orderId: string): void {
      const lines = db.prepare('delete from reserved_lines where order_id = ? returning sku, quantity').all(orderId)
      move(lines as unknown as Line[], 1)
    },
  }
}
