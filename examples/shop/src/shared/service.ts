import type { BusOptions } from '@eventspine/core'

/** How long a group, or an outbox, waits for a process that died, in milliseconds. Kafka's brokers allow no less. */
export const leaseMs = 6_000

/** What every service is started with; the rest is its own affair. */
export interface ServiceOptions extends Pick<BusOptions, 'transport' | 'observe' | 'logger'> {
  /** The service's SQLite file. No other service opens it. */
  readonly file: string
}

export interface Service {
  /** Finishes what is being handled, and lets go of bus and file. */
  stop(): Promise<void>
}
