import { setTimeout as pause } from 'node:timers/promises'
import type { Invariant } from './audit.ts'

export interface Patience {
  /** How often nothing may have moved before what doesn't hold is taken not to hold. Looks, not seconds: a computer may sleep. */
  readonly looks?: number
  readonly everyMs?: number
}

interface SettleOptions extends Patience {
  readonly inspect: () => Promise<readonly Invariant[]>
  readonly signal: AbortSignal
}

/** Looks until everything holds, or nothing moves any more; resolves to the last look. */
export async function settle(options: SettleOptions): Promise<readonly Invariant[]> {
  const { inspect, signal, looks = 160, everyMs = 25 } = options
  let before = ''
  let still = 0
  for (;;) {
    const invariants = await inspect()
    const now = JSON.stringify(invariants)
    still = now === before ? still + 1 : 0
    before = now
    if (signal.aborted || still >= looks || invariants.every(({ holds }) => holds)) return invariants
    await pause(everyMs)
  }
}
