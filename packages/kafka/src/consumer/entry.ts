import type { Message } from '@eventspine/core/transport'

/** One record that this member has read and not finished. */
export interface Entry {
  readonly offset: number
  readonly message: Message
  readonly bytes: number
  readonly hop: number
  /** Epoch milliseconds; 0 = at once. */
  readonly dueAt: number
  /** When its tier is over: due later than that, it waits in memory or goes round again. */
  readonly maturesAt: number
  attempt: number
  redelivered: number
  state: 'waiting' | 'ready' | 'yielded' | 'finished'
  /** In-place attempts that failed here: only these and what they hold up may be left behind at a handover. */
  noted: boolean
}
