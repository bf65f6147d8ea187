import type { Message } from '@eventspine/core/transport'
import { heldMs } from '../delays.ts'
import type { Claim } from './claim.ts'
import type { Entry } from './entry.ts'

export interface DelayGateHost {
  ready(claim: Claim, entry: Entry): void
  /** Writes it to the tier that fits what is left of its delay; the entry is finished when that is confirmed. */
  delayAgain(message: Message, claim: Claim, entry: Entry, delayMs: number): void
}

/** Lets the messages of delay topics out when they are due, by the time that the broker wrote on them. */
export class DelayGate {
  readonly #host: DelayGateHost
  readonly #timers = new Map<Claim, ReturnType<typeof setTimeout>>()
  readonly #going = new WeakSet<Entry>()

  constructor(host: DelayGateHost) {
    this.#host = host
  }

  /** Looks at what the claim has waiting; again when the next of it may be due. */
  check(claim: Claim): void {
    clearTimeout(this.#timers.get(claim))
    this.#timers.delete(claim)
    if (claim.over || claim.revoking) return
    const now = Date.now()
    let next = Number.POSITIVE_INFINITY
    for (const entry of claim.waiting) {
      const leftMs = entry.dueAt - now
      if (leftMs <= 0) this.#host.ready(claim, entry)
      else if (leftMs <= heldMs) next = Math.min(next, entry.dueAt)
      else if (entry.maturesAt > now) next = Math.min(next, entry.maturesAt)
      else if (!this.#going.has(entry)) {
        this.#going.add(entry)
        this.#host.delayAgain(entry.message, claim, entry, leftMs)
      }
    }
    if (next === Number.POSITIVE_INFINITY) return
    const timer = setTimeout(() => this.check(claim), Math.min(next - now, 60_000))
    this.#timers.set(claim, timer)
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
