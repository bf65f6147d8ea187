import type { Clock } from '../clock.ts'
import type { Observe } from '../consumer/signal.ts'
import type { AnyEventDefinition } from '../event/definition.ts'
import type { Limits } from '../event/limits.ts'
import type { Logger } from '../logger.ts'
import type { Transport } from '../transport/transport.ts'

export interface BusOptions {
  /** Names this service on every event that it publishes: a stable URI, no host or instance. */
  readonly source: string
  /** `memory:`, `kafka://…`, `amqp://…`, `sqs://…`, `redis://…` or an adapter object. */
  readonly transport: string | Transport
  /** Events that this service publishes: their topics are made or checked at start. Others are at their first publish. */
  readonly events?: readonly AnyEventDefinition[]
  /** `ensure` (default) creates what is missing, `verify` refuses, `none` trusts. */
  readonly topology?: 'ensure' | 'verify' | 'none'
  /** Whether an event that no group will get counts (default) or rejects; `reject` needs `detectsNoGroup`. */
  readonly unheard?: 'count' | 'reject'
  /** How long a publish may take, its retries included. Default 30,000. */
  readonly publishTimeoutMs?: number
  /** How long `stop` waits for running handlers before their signals abort. Default 20,000. */
  readonly stopGraceMs?: number
  /** Bounds on what is read from the wire. */
  readonly limits?: Partial<Limits>
  readonly clock?: Clock
  readonly logger?: Logger
  readonly observe?: Observe
}
