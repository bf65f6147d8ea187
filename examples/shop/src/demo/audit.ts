import { DatabaseSync } from 'node:sqlite'
import type { Product } from '../intake/products.ts'
import type { ShopFiles } from './files.ts'
import { count, money } from './format.ts'

/** What must be true at the end, whatever went wrong on the way. */
export interface Invariant {
  readonly name: string
  readonly holds: boolean
  /** The two sides of it, in numbers. */
  readonly shows: string
}

/** Reads the books of all services side by side, as no service may. */
export class Auditor {
  readonly #db = new DatabaseSync(':memory:')
  readonly #products: readonly Product[]

  constructor(files: ShopFiles, products: readonly Product[]) {
    this.#products = products
    for (const name of ['order', 'payment', 'inventory', 'journal', 'gateway'] as const) {
      this.#db.prepare(`attach ? as "${name}_db"`).run(files[name])
    }
  }

  audit(): Invariant[] {
    return [this.#orders(), this.#money(), this.#stock(), this.#effects()]
  }

  /** Those that the journal has. */
  countEvents(): number {
    return this.#row<'n'>('select count(*) as n from journal_db.events').n
  }

  close(): void {
    this.#db.close()
  }

  #orders(): Invariant {
    const { placed, confirmed, cancelled } = this.#row<'placed' | 'confirmed' | 'cancelled'>(`
      select count(*) as placed,
        count(*) filter (where status = 'confirmed' and payment = 'completed' and stock = 'reserved') as confirmed,
        count(*) filter (where status = 'cancelled' and payment in ('failed', 'refunded')
          and stock in ('rejected', 'released')) as cancelled
      from order_db.orders`)
    return {
      name: 'every order ends confirmed, or cancelled with money and goods given back',
      holds: placed === confirmed + cancelled,
      shows: `${count(confirmed)} confirmed + ${count(cancelled)} cancelled = ${count(confirmed + cancelled)} of ${count(placed)} placed`,
    }
  }

  #money(): Invariant {
    const { captured, refunded } = this.#row<'captured' | 'refunded'>(`
      select coalesce(sum(amount), 0) as captured, coalesce(sum(refunded), 0) as refunded
      from gateway_db.charges where declined is null`)
    const { confirmed } = this.#row<'confirmed'>(`
      select coalesce(sum(total), 0) as confirmed from order_db.orders where status = 'confirmed'`)
    return {
      name: 'the gateway holds the money of confirmed orders, no cent more',
      holds: captured - refunded === confirmed,
      shows: `${money(captured)} captured − ${money(refunded)} refunded = ${money(captured - refunded)}; confirmed ${money(confirmed)}`,
    }
  }

  #stock(): Invariant {
    const rows = this.#rows(`
      select stock.sku, available, coalesce(sum(quantity), 0) as sold
      from inventory_db.stock
      left join (
        select sku, quantity from order_db.order_lines join order_db.orders using (order_id) where status = 'confirmed'
      ) as lines on lines.sku = stock.sku
      group by stock.sku`)
    const left = new Map(rows.map(({ sku, available, sold }) => [sku, { available, sold } as Record<string, number>]))
    let [start, sold, end, wrong] = [0, 0, 0, 0]
    for (const { sku, stock } of this.#products) {
      const { available = 0, sold: units = 0 } = left.get(sku) ?? {}
      start += stock
      sold += units
      end += available
      if (stock - units !== available) wrong++
    }
    return {
      name: 'of every product, what was there less what confirmed orders hold is left',
      holds: wrong === 0,
      shows: `${count(start)} units − ${count(sold)} sold = ${count(start - sold)}; left ${count(end)}; ${count(wrong)} of ${count(this.#products.length)} products off`,
    }
  }

  /** Each change of state has told of itself once, and each event that was told has changed a state once. */
  #effects(): Invariant {
    const rows = this.#rows(`
      with effects (type, n) as (
        select 'order.created', count(*) from order_db.orders
        union all select 'order.' || status, count(*) from order_db.orders where status <> 'pending' group by status
        union all select 'payment.completed', count(*) from payment_db.payments where status in ('captured', 'refunded')
        union all select 'payment.failed', count(*) from payment_db.payments where status = 'declined'
        union all select 'payment.refunded', count(*) from payment_db.payments where status = 'refunded'
        union all select 'inventory.reserved', count(*) from inventory_db.reservations where status in ('reserved', 'released')
        union all select 'inventory.rejected', count(*) from inventory_db.reservations where status = 'rejected'
        union all select 'inventory.released', count(*) from inventory_db.reservations where status = 'released'
      ), events (type, n) as (select type, count(*) from journal_db.events group by type)
      select coalesce(effects.type, events.type) as type, coalesce(effects.n, 0) as effects, coalesce(events.n, 0) as events
      from effects full join events using (type)`)
    const sum = (side: string): number => rows.reduce((total, row) => total + Number(row[side]), 0)
    const off = rows.filter(({ effects, events }) => effects !== events).map(({ type }) => type)
    return {
      name: 'each change of state has one event, and each event one effect',
      holds: off.length === 0,
      shows: `${count(sum('effects'))} changes, ${count(sum('events'))} events${off.length > 0 ? `; off: ${off.join(', ')}` : ''}`,
    }
  }

  #row<Columns extends string>(sql: string): Record<Columns, number> {
    return this.#db.prepare(sql).get() as Record<Columns, number>
  }

  #rows(sql: string): Record<string, string | number>[] {
    return this.#db.prepare(sql).all() as Record<string, string | number>[]
  }
}
