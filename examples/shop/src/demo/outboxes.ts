import type { OutboxStore } from '@eventspine/core/outbox'
import { sqliteOutbox } from '@eventspine/sqlite'
import type { ShopFiles } from './files.ts'

export interface OutboxSums {
  readonly relayed: number
  /** Not published yet, or never to be without somebody's help. */
  readonly waiting: number
}

/** What the outboxes of all services say of themselves. */
export class Outboxes {
  readonly #stores: readonly OutboxStore<never>[]

  constructor(files: ShopFiles) {
    this.#stores = [files.order, files.payment, files.inventory].map((path) => sqliteOutbox({ path }))
  }

  async read(): Promise<OutboxSums> {
    const all = await Promise.all(this.#stores.map((store) => store.status()))
    return {
      relayed: all.reduce((sum, { relayed }) => sum + relayed, 0),
      waiting: all.reduce((sum, { pending, delayed, parked, held }) => sum + pending + delayed + parked + held, 0),
    }
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close()
  }
}
