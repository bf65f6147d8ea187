import { type Clock, systemClock } from '../clock.ts'
import { planRetries, type RetryPlan } from '../consumer/retry-decision.ts'
import type { RetryPolicy } from '../consumer/retry-policy.ts'
import { consoleLogger, type Logger } from '../logger.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { Topology } from '../transport/topology.ts'
import type { Transport } from '../transport/transport.ts'
import { InvalidOutboxError } from './errors.ts'
import type { ObserveRelay } from './relay-signal.ts'
import type { BatchLimit, OutboxStore } from './store.ts'

export interface RelayOptions {
  readonly store: OutboxStore<never>
  /** As for a bus. The relay connects it at `start` and closes it at `stop`, unless `capabilities` are given. */
  readonly transport: string | Transport
  /** What `connect` answered: the transport is connected already, and whoever did that closes it. */
  readonly capabilities?: Capabilities
  /** Made or checked at `start`. Default: nothing; topics are the affair of those who publish and subscribe. */
  readonly topology?: Topology
  /**
   * Attempts before an event is parked, and the time between them. Default: 10, from 100 ms doubling to 30 s. An event that
   * can't be accepted ever (too large, no such topic) is parked at once. A passing failure counts as an attempt only when the
   * broker took other events of that topic meanwhile: else it is the broker's trouble, and no event is parked for it.
   */
  readonly retry?: Pick<RetryPolicy, 'attempts' | 'backoff'>
  /**
   * Where the broker can't take the events of a key atomically (`atomicKeys`), `strict` (default) has one event per key on its
   * way, so that a refused one never has its successor before it. `pipelined` sends more at once.
   */
  readonly publishOrder?: 'strict' | 'pipelined'
  /** Per partition in memory at once; at most one batch of each is sent again after a crash. Default 500 events, 2 MiB. */
  readonly batch?: Partial<BatchLimit>
  /** How long the partitions of a relay that died wait for another. Default 10,000. */
  readonly leaseMs?: number
  /** Between looks at an idle partition: from `minMs` (default 20) doubling to `maxMs` (default 500). A hint cuts it short. */
  readonly poll?: { readonly minMs?: number; readonly maxMs?: number }
  /** Between removals of relayed events. Default 1,000. */
  readonly cleanupEveryMs?: number
  readonly clock?: Clock
  readonly logger?: Logger
  readonly observe?: ObserveRelay
}

export interface RelaySettings {
  readonly store: OutboxStore<never>
  readonly retry: RetryPlan
  readonly publishOrder: 'strict' | 'pipelined'
  readonly batch: BatchLimit
  readonly leaseMs: number
  readonly poll: { readonly minMs: number; readonly maxMs: number }
  readonly cleanupEveryMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly observe: ObserveRelay
}

export function readRelayOptions(options: RelayOptions): RelaySettings {
  const settings: RelaySettings = {
    store: options.store,
    retry: planRetries({ attempts: 10, ...options.retry }),
    publishOrder: options.publishOrder ?? 'strict',
    batch: { events: options.batch?.events ?? 500, bytes: options.batch?.bytes ?? 2 * 1024 * 1024 },
    leaseMs: options.leaseMs ?? 10_000,
    poll: { minMs: options.poll?.minMs ?? 20, maxMs: options.poll?.maxMs ?? 500 },
    cleanupEveryMs: options.cleanupEveryMs ?? 1_000,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? consoleLogger,
    observe: options.observe ?? (() => {}),
  }
  const { batch, leaseMs, poll, cleanupEveryMs, retry } = settings
  checkNumbers({
    'batch.events': batch.events,
    'batch.bytes': batch.bytes,
    leaseMs,
    'poll.minMs': poll.minMs,
    'poll.maxMs': poll.maxMs,
    cleanupEveryMs,
    'retry.attempts': retry.attempts,
  })
  return settings
}

function checkNumbers(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(value > 0)) throw new InvalidOutboxError(`The relay's option ${name} must be a number above 0.`)
  }
}
