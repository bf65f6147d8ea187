import { DatabaseSync } from 'node:sqlite'
import type { ShopFiles } from './files.ts'

/** Ways to do by hand what no service does, so that one can see it found. */
export const sabotages = {
  money: {
    in: 'gateway',
    sql: 'update charges set amount = amount + 1 where rowid = (select min(rowid) from charges where declined is null)',
  },
  stock: {
    in: 'inventory',
    sql: 'update stock set available = available - 1 where sku = (select min(sku) from stock where available > 0)',
  },
  event: { in: 'journal', sql: 'delete from events where id = (select min(id) from events)' },
} as const

export type Sabotage = keyof typeof sabotages

export function commitSabotage(sabotage: Sabotage, files: ShopFiles): void {
  const { in: name, sql } = sabotages[sabotage]
  const db = new DatabaseSync(files[name], { timeout: 5_000 })
  db.exec(sql)
  db.close()
}
