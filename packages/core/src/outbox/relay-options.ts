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
  /**
   * Per partition in memory at once; at most one batch of each is sent again after a crash. Default 500 events (at least 2:
   * what is tried again never has a batch to itself), 2 MiB.
   */
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

/** Throws `invalid-outbox`. No message repeats the transport's URL: it may hold a password. */
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
  checkParts(options)
  checkNumbers(settings)
  return settings
}

function checkParts({ store, transport, publishOrder = 'strict' }: RelayOptions): void {
  if (typeof store?.claim !== 'function') throw new InvalidOutboxError('A relay needs a store.')
  if (typeof transport !== 'string' && typeof transport?.publish !== 'function') {
    throw new InvalidOutboxError("A relay's transport is a URL or an adapter object.")
  }
  if (publishOrder !== 'strict' && publishOrder !== 'pipelined') {
    throw new InvalidOutboxError("A relay's publishOrder is 'strict' or 'pipelined'.")
  }
}

function checkNumbers({ batch, leaseMs, poll, cleanupEveryMs, retry }: RelaySettings): void {
  const { initialMs, factor, maxMs, jitter } = retry.backoff
  check({ 'batch.events': batch.events }, 'a whole number from 2', (n) => Number.isSafeInteger(n) && n >= 2)
  check({ leaseMs }, 'a whole number above 0', (n) => Number.isSafeInteger(n) && n > 0)
  check({ 'batch.bytes': batch.bytes, 'retry.attempts': retry.attempts }, 'a number of at least 1', (n) => n >= 1)
  const times = { 'poll.minMs': poll.minMs, 'poll.maxMs': poll.maxMs, cleanupEveryMs }
  check(times, 'a finite number above 0', (n) => Number.isFinite(n) && n > 0)
  const backoff = { 'retry.backoff.initialMs': initialMs, 'retry.backoff.maxMs': maxMs, 'retry.backoff.jitter': jitter }
  check(backoff, 'a finite number of at least 0', (n) => Number.isFinite(n) && n >= 0)
  check({ 'retry.backoff.factor': factor }, 'a number of at least 1', (n) => n >= 1)
}

function check(options: Readonly<Record<string, number>>, what: string, fits: (value: number) => boolean): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'number' || !fits(value)) {
      throw new InvalidOutboxError(`The relay's option ${name} must be ${what}.`)
    }
  }
}
