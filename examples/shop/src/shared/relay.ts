import type { BusOptions } from '@eventspine/core'
import { createRelay, type RelayOptions } from '@eventspine/core/outbox'
import { sqliteOutbox } from '@eventspine/sqlite'
import { leaseMs, type Service } from './service.ts'

interface ShopRelayOptions extends Pick<BusOptions, 'transport'>, Pick<RelayOptions, 'observe' | 'logger'> {
  /** The SQLite file of the service whose events it publishes. */
  readonly file: string
}

/** Sends on what a service has committed. It shares nothing with the service but the file, so it may run anywhere. */
export async function startRelay({ file, ...options }: ShopRelayOptions): Promise<Service> {
  const store = sqliteOutbox({ path: file })
  const relay = createRelay({ store, leaseMs, ...options })
  await relay.start()
  return {
    async stop() {
      await relay.stop()
      await store.close()
    },
  }
}
