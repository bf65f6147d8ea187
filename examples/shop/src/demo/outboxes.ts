import { sqliteOutbox } from '@eventspine/sqlite'
import type { ShopFiles } from './files.ts'
import { publishers, type ServiceName } from './roles.ts'

export interface OutboxSums {
  readonly relayed: Readonly<Partial<Record<ServiceName, number>>>
  /** Not published yet, or never to be without somebody's help. */
  readonly waiting: number
}

/** What the outboxes of all services say of themselves. */
export class Outboxes {
  readonly #stores

  constructor(files: ShopFiles) {
    this.#stores = publishers.map((service) => ({ service, store: sqliteOutbox({ path: files[service] }) }))
  }

  async read(): Promise<OutboxSums> {
    const all = await Promise.all(
      this.#stores.map(async ({ service, store }) => ({ service, ...(await store.status()) })),
    )
    return {
      relayed: Object.fromEntries(all.map(({ service, relayed }) => [service, relayed])),
      waiting: all.reduce((sum, { pending, delayed, parked, held }) => sum + pending + delayed + parked + held, 0),
    }
  }

  async close(): Promise<void> {
    for (const { store } of this.#stores) await store.close()
  }
}
