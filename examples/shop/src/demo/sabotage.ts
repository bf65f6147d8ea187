import { DatabaseSync } from 'node:sqlite'
import type { ShopFiles } from './files.ts'

/** Ways to do by hand what no service does, so that one can see it found. */
export const sabotages = {
  money: { in: 'gateway', sql: 'update charges set amount = amount + 1 where declined is null limit 1' },
  stock: { in: 'inventory', sql: 'update stock set available = available - 1 where available > 0 limit 1' },
  event: { in: 'journal', sql: 'delete from events limit 1' },
} as const

export type Sabotage = keyof typeof sabotages

export function commit(sabotage: Sabotage, files: ShopFiles): void {
  const db = new DatabaseSync(files[sabotages[sabotage].in], { timeout: 5_000 })
  db.exec(sabotages[sabotage].sql)
  db.close()
}
