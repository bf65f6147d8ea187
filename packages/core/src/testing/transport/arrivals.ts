import type { Delivery, SettleResult } from '../../transport/subscription.ts'
import type { Sighting } from './checker.ts'

/** A delivery that a handler saw. */
export interface Arrival extends Sighting {
  readonly delivery: Delivery
  /** Name of the reader. */
  readonly by: string
  /** `performance.now()` when it was yielded. */
  readonly at: number
  /** What the broker side answered, once it has. */
  settled?: SettleResult
}

interface Waiter {
  readonly enough: () => boolean
  readonly wake: () => void
}

/** Everything that one group got, over all its members, in order of arrival. */
export class Arrivals {
  readonly all: Arrival[] = []
  /** Yielded with a lease that was over already: a consumer drops these unseen. */
  readonly stale: Arrival[] = []
  readonly #waiters = new Set<Waiter>()

  /** Looks whether somebody has waited for what arrived since. */
  notify(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.enough()) continue
      this.#waiters.delete(waiter)
      waiter.wake()
    }
  }

  /** True once `enough` is; false after `withinMs` or when `signal` aborts. `enough` is asked after each batch. */
  until(enough: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (enough()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const end = (reached: boolean): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        this.#waiters.delete(waiter)
        resolve(reached)
      }
      const giveUp = (): void => end(enough())
      const timer = setTimeout(giveUp, withinMs)
      const waiter: Waiter = { enough, wake: () => end(true) }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', giveUp)
    })
  }

  /** For failures: what did arrive, newest last. */
  describe(): string {
    const lines = this.all.slice(-shown).map(line)
    const cut = this.all.length > shown ? [`  … ${this.all.length - shown} earlier`] : []
    const stale = this.stale.length > 0 ? [`  and ${this.stale.length} with a lease already over`] : []
    return [`${this.all.length} arrived`, ...cut, ...lines, ...stale].join('\n')
  }
}

const shown = 20

function line({ delivery, by, settled }: Arrival): string {
  const { message, attempt, redelivered, partition } = delivery
  const fields = [
    `key ${message.key ?? '-'}`,
    `partition ${partition ?? '-'}`,
    `attempt ${attempt}`,
    ...(redelivered > 0 ? [`redelivered ${redelivered}`] : []),
    `by ${by}`,
    settled ?? 'unsettled',
  ]
  return `  ${message.id}: ${fields.join(', ')}`
}
