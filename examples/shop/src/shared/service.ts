import type { BusOptions } from '@eventspine/core'

/** What every service is started with; the rest is its own affair. */
export interface ServiceOptions extends Pick<BusOptions, 'transport' | 'observe' | 'logger'> {
  /** The service's SQLite file. No other service opens it. */
  readonly file: string
}

export interface Service {
  /** Finishes what is being handled, and lets go of bus and file. */
  stop(): Promise<void>
}
