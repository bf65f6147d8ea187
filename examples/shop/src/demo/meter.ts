import type { Observe } from '@eventspine/core'
import type { ObserveRelay } from '@eventspine/core/outbox'

export interface ServiceFigures {
  readonly service: string
  /** Sent on by the service's relay. */
  readonly published: number
  /** Handled, the first time. */
  readonly consumed: number
  /** Handled again: at-least-once delivery. */
  readonly repeated: number
  /** Failed attempts that were run again. */
  readonly retried: number
  readonly deadLettered: number
  /** From the transaction that wrote the event to the end of its handler, in milliseconds; NaN when nothing was handled. */
  readonly p50: number
  readonly p99: number
}

/** Counts what a service's bus and relay say that they do. */
export class Meter {
  readonly service: string
  #published = 0
  #repeated = 0
  #retried = 0
  #deadLettered = 0
  readonly #seen = new Set<string>()
  readonly #latencies: number[] = []

  constructor(service: string) {
    this.service = service
  }

  readonly observe: Observe = (signal) => {
    if (signal.kind === 'dead-lettered') this.#deadLettered++
    else if (signal.kind === 'attempt-failed' && signal.retryInMs !== undefined) this.#retried++
    else if (signal.kind === 'handled') this.#handled(signal.event)
  }

  readonly observeRelay: ObserveRelay = (signal) => {
    if (signal.kind === 'relayed') this.#published += signal.events
  }

  read(): ServiceFigures {
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    return {
      service: this.service,
      published: this.#published,
      consumed: this.#seen.size,
      repeated: this.#repeated,
      retried: this.#retried,
      deadLettered: this.#deadLettered,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
    }
  }

  #handled({ source, id, time }: { readonly source: string; readonly id: string; readonly time: string | undefined }) {
    const name = `${source} ${id}`
    if (this.#seen.has(name)) this.#repeated++
    else this.#latencies.push(Date.now() - Date.parse(time ?? ''))
    this.#seen.add(name)
  }
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
