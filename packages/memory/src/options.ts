import type { Clock } from '@eventspine/core/transport'
import type { Retention } from './broker/log.ts'
import type { Like } from './capabilities.ts'
import { InvalidUrlError } from './errors.ts'
import type { MemoryBroker } from './memory-broker.ts'

export interface MemoryBrokerOptions {
  /** Default: the system clock. `createVirtualClock()` moves by hand. */
  readonly clock?: Clock
  /** Of an ordered topic whose spec doesn't say. Default 8. */
  readonly partitions?: number
  /** Body, key and headers. Default 1 MiB, or the other broker's with `like`. */
  readonly maxMessageBytes?: number
  /** Takes on another broker's capabilities and what follows from them, so that unit tests meet its refusals. */
  readonly like?: Like
  /**
   * What each topic keeps for groups to come: of what every group that exists has read, at least the last `messages`
   * (default 1,000), and of what is published while there is no group everything; both as long as the bodies stay below
   * `bytes` (default 64 MiB). What a group has not read is always kept.
   */
  readonly retain?: Partial<Retention>
}

/** Either a broker that others are connected to too, or what to make an own one of. */
export type MemoryTransportOptions =
  | ({ readonly broker?: undefined } & MemoryBrokerOptions)
  | { readonly broker: MemoryBroker }

export const defaultPartitions = 8
export const defaultRetention: Retention = { messages: 1_000, bytes: 64 * 1_048_576 }

/** The broker's name in `memory:` and `memory:name`; the first is the one without a name. */
export function nameIn(url: string): string {
  const name = /^memory:(?:\/\/)?([A-Za-z0-9._-]*)$/.exec(url)?.[1]
  if (name === undefined) throw new InvalidUrlError('A memory URL is `memory:` or `memory:name`, of A-Z a-z 0-9 . _ -')
  return name
}
