import type { Observe, Signal } from '@eventspine/core'

export interface Measures {
  /** Handled, the first time. */
  readonly consumed: number
  /** Handled again: at-least-once delivery. */
  readonly repeated: number
  /** Failed attempts that were run again. */
  readonly retried: number
  /** From the transaction that wrote the event to the end of its handler, in milliseconds; NaN when nothing was handled. */
  readonly p50: number
  readonly p99: number
}

/** What a meter counts, small enough to be told to another process at once. */
export type Sighting =
  | { readonly kind: 'handled'; readonly event: string; readonly latencyMs: number }
  | { readonly kind: 'retried' }

export function sightingOf(signal: Signal): Sighting | undefined {
  if (signal.kind === 'attempt-failed' && signal.retryInMs !== undefined) return { kind: 'retried' }
  if (signal.kind !== 'handled') return undefined
  const { source, id, time = '' } = signal.event
  return { kind: 'handled', event: `${source} ${id}`, latencyMs: Date.now() - Date.parse(time) }
}

/** Counts what a service's bus says that it does. */
export class Meter {
  #repeated = 0
  #retried = 0
  readonly #seen = new Set<string>()
  readonly #latencies: number[] = []

  readonly observe: Observe = (signal) => {
    const sighting = sightingOf(signal)
    if (sighting !== undefined) this.add(sighting)
  }

  add(sighting: Sighting): void {
    if (sighting.kind === 'retried') this.#retried++
    else if (this.#seen.has(sighting.event)) this.#repeated++
    else {
      this.#seen.add(sighting.event)
      this.#latencies.push(sighting.latencyMs)
    }
  }

  read(): Measures {
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    return {
      consumed: this.#seen.size,
      repeated: this.#repeated,
      retried: this.#retried,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
    }
  }
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
