import { type Clock, systemClock } from '../clock.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { checkCount, checkNumber } from './check-option.ts'
import type { InboxKey, InboxStore } from './inbox.ts'

export interface MemoryInboxOptions {
  /** How long an event counts as done. Default 7 days. */
  readonly retentionMs?: number
  /** The oldest marks go when there are more, or when their keys together exceed 256 characters each. Default 100,000. */
  readonly maxEntries?: number
  readonly clock?: Clock
}

const dayMs = 86_400_000
/** On average: keys come from outside, and a bound on their number alone would be no bound on memory. */
const charsPerEntry = 256

/**
 * An inbox in this process: for tests, and where a repeated effect does no harm. It promises nothing across processes or
 * restarts, and since no transaction binds effect and mark, a handler that fails after its effect repeats it.
 */
export function memoryInbox(options: MemoryInboxOptions = {}): InboxStore {
  return new MemoryInbox(options)
}

class MemoryInbox implements InboxStore {
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #maxEntries: number
  /** When each was done, oldest first. */
  readonly #done = new Map<string, number>()
  /** Settles, never rejects, when the work of that key has ended. */
  readonly #running = new Map<string, Promise<void>>()
  #chars = 0

  constructor({ retentionMs = 7 * dayMs, maxEntries = 100_000, clock = systemClock }: MemoryInboxOptions) {
    checkNumber('memoryInbox: retentionMs', retentionMs)
    checkCount('memoryInbox: maxEntries', maxEntries)
    this.#retentionMs = retentionMs
    this.#maxEntries = maxEntries
    this.#clock = clock
  }

  async once(
    key: InboxKey,
    work: (tx: undefined) => Promise<void>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<'done' | 'duplicate'> {
    const name = nameOf(key)
    options.signal?.throwIfAborted()
    for (let other = this.#running.get(name); other !== undefined; other = this.#running.get(name)) {
      await unlessAborted(other, options.signal)
    }
    this.#forget(this.#retentionMs)
    if (this.#done.has(name)) return 'duplicate'
    const end = Promise.withResolvers<void>()
    this.#running.set(name, end.promise)
    try {
      await work(undefined)
      this.#remember(name)
      return 'done'
    } finally {
      this.#running.delete(name)
      end.resolve()
    }
  }

  async sweep(olderThanMs: number): Promise<number> {
    checkNumber('sweep: olderThanMs', olderThanMs, 0)
    return this.#forget(olderThanMs)
  }

  #remember(name: string): void {
    this.#done.set(name, this.#clock.now())
    this.#chars += name.length
    for (const oldest of this.#done.keys()) {
      if (this.#done.size <= this.#maxEntries && this.#chars <= this.#maxEntries * charsPerEntry) return
      this.#drop(oldest)
    }
  }

  #forget(olderThanMs: number): number {
    const upTo = this.#clock.now() - olderThanMs
    const before = this.#done.size
    for (const [name, doneAt] of this.#done) {
      if (doneAt > upTo) break
      this.#drop(name)
    }
    return before - this.#done.size
  }

  #drop(name: string): void {
    this.#done.delete(name)
    this.#chars -= name.length
  }
}

/** Lengths first, so that no two keys share a name whatever characters they hold. */
function nameOf({ group, source, id }: InboxKey): string {
  return `${group.length},${source.length},${group}${source}${id}`
}
