import type { Logger } from '../logger.ts'
import type { ObserveRelay, RelaySignal } from './relay-signal.ts'
import type { RelayResult } from './store.ts'

/** Since the start. */
export interface RelayCounts {
  relayed: number
  /** Failed sends after which the event was put back for another. */
  retried: number
  parked: number
  batches: number
  /** Partitions that went to somebody else before they were given back. */
  lost: number
}

/**
 * What befalls a relay, told once to each who wants to know: counts, observer, log. Observer and logger are the
 * application's: one that throws ends no worker, whose partition would be held and never relayed.
 */
export class RelayReport {
  readonly counts: RelayCounts = { relayed: 0, retried: 0, parked: 0, batches: 0, lost: 0 }
  readonly #observe: ObserveRelay
  readonly #logger: Logger
  readonly #relay: string
  readonly #troubled = new Set<number>()
  #storeError: unknown
  #observerThrew = false

  constructor(relay: string, observe: ObserveRelay, logger: Logger) {
    this.#relay = relay
    this.#observe = observe
    this.#logger = logger
  }

  /** Partitions whose batch finds no taker now. */
  get troubled(): number {
    return this.#troubled.size
  }

  /** Why the store doesn't answer, while it doesn't. */
  get storeError(): unknown {
    return this.#storeError
  }

  committed(partition: number, results: readonly RelayResult[], durationMs: number): void {
    let events = 0
    for (const { as } of results) if (as === 'relayed') events += 1
    this.counts.batches += 1
    this.counts.relayed += events
    if (events > 0) this.#tell({ kind: 'relayed', partition, events, durationMs })
  }

  failed(signal: RelaySignal): void {
    this.#tell(signal)
    if (signal.kind === 'attempt-failed') this.counts.retried += 1
    if (signal.kind !== 'parked') return
    this.counts.parked += 1
    const { topic, id } = signal.message
    this.#log('error', { topic, id, code: signal.failure.code }, 'outbox: an event is parked')
  }

  brokerFailed(partition: number, error: unknown, retryInMs: number): void {
    this.#tell({ kind: 'broker-failed', partition, error, retryInMs })
    if (this.#troubled.size === 0) this.#log('warn', { error }, 'outbox: the broker takes nothing')
    this.#troubled.add(partition)
  }

  brokerAnswered(partition: number): void {
    if (!this.#troubled.delete(partition)) return
    this.#tell({ kind: 'broker-recovered', partition })
    if (this.#troubled.size === 0) this.#log('info', {}, 'outbox: the broker is back')
  }

  storeFailed(error: unknown): void {
    this.#tell({ kind: 'store-failed', error })
    if (this.#storeError === undefined) this.#log('warn', { error }, 'outbox: the store fails')
    this.#storeError = error
  }

  storeAnswered(): void {
    this.#storeError = undefined
  }

  /** What nobody foresaw. */
  broke(error: unknown): void {
    this.#log('error', { error }, 'outbox: relaying a batch broke')
  }

  closeUnanswered(): void {
    this.#log('warn', {}, 'outbox: the transport did not answer to its close')
  }

  claimed(partition: number): void {
    this.#tell({ kind: 'claimed', partition })
  }

  released(partition: number): void {
    this.#tell({ kind: 'released', partition })
  }

  lost(partition: number): void {
    this.counts.lost += 1
    this.#tell({ kind: 'lost', partition })
  }

  /** No worker of ours is at it any more. */
  left(partition: number): void {
    this.#troubled.delete(partition)
  }

  cleaned(removed: number): void {
    this.#tell({ kind: 'cleaned', removed })
  }

  #tell(signal: RelaySignal): void {
    try {
      this.#observe(signal)
    } catch (error) {
      if (!this.#observerThrew) this.#log('error', { error, signal: signal.kind }, 'outbox: the observer throws')
      this.#observerThrew = true
    }
  }

  #log(level: keyof Logger, fields: Readonly<Record<string, unknown>>, message: string): void {
    try {
      this.#logger[level]({ relay: this.#relay, ...fields }, message)
    } catch {
      // There is nobody left to tell.
    }
  }
}
