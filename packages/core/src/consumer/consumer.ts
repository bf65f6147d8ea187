/** A member of a group, as the application holds it: what `bus.subscribe` returns. */
export interface Consumer {
  readonly group: string
  readonly state: ConsumerState
  readonly counts: Readonly<ConsumerCounts>
  /** Handlers at once; takes effect with the next one that starts or ends. */
  concurrency: number
  /** Takes nothing more and starts no handler; what runs goes on, leases are kept. Idempotent, as is `resume`. */
  pause(): void
  resume(): void
}

/** `recovering`: its subscription broke and is being made anew. `failed`: it gave up; the bus is unhealthy. */
export type ConsumerState = 'idle' | 'running' | 'paused' | 'isolating' | 'recovering' | 'failed' | 'stopped'

/** Since the start. */
export interface ConsumerCounts {
  /** Deliveries taken. */
  received: number
  /** Acked after their handler. */
  handled: number
  /** Failed attempts that were or will be run again. */
  retried: number
  deadLettered: number
  /** Readable, of a type that the group doesn't handle: acked. */
  skipped: number
  /** Given back without an attempt. */
  released: number
  /** Settled too late: somebody else got it. */
  lost: number
  /** Handlers running now. */
  running: number
  /** Deliveries in hand now, running ones included. */
  held: number
}
