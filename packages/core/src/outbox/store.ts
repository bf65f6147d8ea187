import type { Message } from '../transport/message.ts'

/**
 * Where events wait between the transaction that wrote them and the relay that publishes them. A store is a **log** per
 * partition, read in commit order by whoever holds the partition's **claim**, and moved on by one guarded write per batch.
 *
 * What every store keeps:
 * - An event is in the log when, and only when, the transaction that wrote it has committed. No position is ever passed that
 *   a running transaction could still fill: a cursor on a serial id loses events where writers run side by side.
 * - The partition of an event follows from its key alone, for the life of the outbox. Order is promised within a **lane**:
 *   the events of one topic and key, in the order in which their transactions committed. Events without a key have no order.
 * - Whatever can't be published now is **set aside**, durably, in the same write that moves the cursor, so that the cursor
 *   never waits: events that aren't due (`notBefore`), that are tried again later, that are parked, and those of their lane
 *   behind them.
 * - Time is the database's, never the process's.
 *
 * `Tx` is whatever the caller's client calls a transaction. A store keeps no promise about bytes and headers beyond giving
 * them back unchanged: bodies are bytes, never `jsonb`; header values may hold any UTF-16.
 *
 * Any number of processes use one outbox at once. Every method but `append` may be called concurrently, rejects with an
 * `OutboxStoreError` when the database can't answer (`retryable` says whether to ask again), and changes nothing then.
 */
export interface OutboxStore<Tx> {
  /** `sqlite`, `postgres`: for messages and telemetry. */
  readonly name: string
  /** True when `append` has written before it returns: see `SyncOutboxStore`. */
  readonly sync: boolean

  /**
   * Writes the messages, in order, in the caller's transaction: all or none, with a single statement where that is possible.
   * Stores the time of the database with each. Throws or rejects with `NotInTransactionError` when `tx` isn't inside a
   * transaction: a write that commits by itself would be no outbox. Opens, commits and rolls back nothing.
   */
  append(tx: Tx, messages: readonly Message[]): void | Promise<void>

  /**
   * The heartbeat of a relay, and how it comes by partitions: renews the lease on all that `relay` holds, takes free or
   * expired ones up to its `share`, and forgets relays whose own lease is over. The shares of the live relays differ by one
   * at most and add up to the number of partitions. Taking a partition raises its epoch; renewing doesn't. Nobody is taken
   * from while the lease runs: a relay that holds more than its share gives the rest back by itself.
   */
  claim(request: { readonly relay: string; readonly leaseMs: number }): Promise<Claims>

  /** Gives partitions back at once, and with `leave` the relay's seat among the live ones. What is no longer held is ignored. */
  release(request: {
    readonly relay: string
    readonly claims: readonly Claim[]
    readonly leave: boolean
  }): Promise<void>

  /**
   * What may be published next from a claimed partition, in lane order; undefined when there is nothing to do. First what was
   * set aside and is due (of a lane, only from its first on), then the log after the cursor. The store leaves out, and
   * remembers in `batch.next`, what it must set aside: what isn't due yet, and what stands behind a lane's own events that
   * were set aside earlier and aren't all in this batch. So a batch may have no events and still want its `commit`. However
   * much waits aside, the log has its part of the batch (of two events or more). A row that is no message any more comes as
   * an `unreadable` event: it never fails the call, nor keeps others waiting. Changes nothing: until `commit`, the same call
   * gives the same events again.
   */
  read(claim: Claim, limit: BatchLimit): Promise<OutboxBatch | undefined>

  /**
   * One guarded write: sets aside what `results` (one per event of the batch, same order) and the batch's own `next` say,
   * removes what was set aside earlier and is relayed now, counts, and moves the cursor to the end of the batch. `'lost'`,
   * and nothing is changed, when the partition's epoch isn't the claim's any more. A lease that is over but that nobody took
   * doesn't matter. A batch committed again, because the first answer went astray, changes nothing and answers the same.
   */
  commit(batch: OutboxBatch, results: readonly RelayResult[]): Promise<'committed' | 'lost'>

  /** Parked events, oldest first, `after` the `ref` of the last one seen. Default limit 100. */
  parked(options?: { readonly limit?: number; readonly after?: string }): Promise<readonly ParkedEvent[]>

  /** Sends parked events on their way again: attempt 1, before their successors. Resolves to how many. */
  retryParked(refs: readonly string[] | 'all'): Promise<number>

  /** Removes parked events for good; what was held behind them flows. Resolves to how many. */
  discardParked(refs: readonly string[] | 'all'): Promise<number>

  status(): Promise<OutboxStatus>

  /**
   * Removes relayed events from the log, in bounded steps that hold no lock for long: one step per call. Never one that the
   * cursor hasn't passed. `more` asks to be called again soon. Any relay may call it, several at once too.
   */
  cleanup(): Promise<{ readonly removed: number; readonly more: boolean }>

  /**
   * Calls `wake` soon after something may have been committed: a hint that may be late, missing or wrong, for relays poll
   * anyway. Never costs the business transaction anything. The function that it returns ends it.
   */
  watch?(wake: () => void): () => void

  /** Lets go of what the store itself opened. Idempotent; every later call rejects. */
  close(): Promise<void>
}

/**
 * A store whose client is synchronous: `append` has written, or thrown, before it returns. `BEGIN; …; publish; COMMIT` in one
 * synchronous block is right with such a store, and only with such a one.
 */
export interface SyncOutboxStore<Tx> extends OutboxStore<Tx> {
  readonly sync: true
  append(tx: Tx, messages: readonly Message[]): void
}

export interface Claims {
  /** All that the relay holds now. One that it held before and that is missing here, or has another epoch, is lost. */
  readonly claims: readonly Claim[]
  /** How many it should hold. */
  readonly share: number
}

/** The right to relay one partition. Plain data. */
export interface Claim {
  /** 0-based. */
  readonly partition: number
  /** Grows with every change of the holder. */
  readonly epoch: number
}

export interface BatchLimit {
  readonly events: number
  /** Of bodies. The first event from aside and the first of the log come however large they are. */
  readonly bytes: number
}

/** Plain data; `next` belongs to the store: where the cursor goes, and what it sets aside by itself. */
export interface OutboxBatch {
  readonly claim: Claim
  readonly events: readonly OutboxEvent[]
  readonly next: unknown
}

export interface OutboxEvent {
  /** Names the event within its outbox, in the store's own words. */
  readonly ref: string
  /** Without `notBefore`: the outbox has seen to it. */
  readonly message: Message
  /** 1-based: failed attempts that counted, + 1. Survives crashes. */
  readonly attempt: number
  /** Why the row can't be read as a message, of which `message` is what is left: never sent, parked with its lane behind it. */
  readonly unreadable?: string
}

/** What became of one event of a batch. */
export type RelayResult =
  /** The broker has it. */
  | { readonly as: 'relayed' }
  /** Try again, not before `delayMs` by the database's clock, as attempt `attempt`; its lane waits. */
  | { readonly as: 'retry'; readonly delayMs: number; readonly attempt: number; readonly failure: RelayFailure }
  /** Wait for somebody to retry or discard it; its lane waits. */
  | { readonly as: 'park'; readonly failure: RelayFailure }
  /** Not sent, because of another one of its lane or of a stop: it keeps its place, and may come with the next read. */
  | { readonly as: 'hold' }

/** Why an event wasn't accepted. Texts are cut to a bound and hold no payload. */
export interface RelayFailure {
  /** The `code` of a typed error, else `publish-failed`. */
  readonly code: string
  /** The error's class name. */
  readonly name: string
  readonly message: string
  /** Attempts made, the failed one included. */
  readonly attempts: number
}

export interface ParkedEvent {
  readonly ref: string
  readonly message: Message
  readonly failure: RelayFailure
  /** Epoch milliseconds by the database's clock. */
  readonly parkedAt: number
  /** Events of its lane that were set aside behind it so far. */
  readonly held: number
}

/** Counts may be approximate where an exact one would cost a scan. */
export interface OutboxStatus {
  /** Committed and on their way: not relayed, parked, held behind a parked one, or delayed. */
  readonly pending: number
  /** Since the oldest pending one was written; undefined when there is none. */
  readonly oldestPendingAgeMs: number | undefined
  /** Waiting for their `notBefore`. */
  readonly delayed: number
  readonly parked: number
  /** Behind a parked one. */
  readonly held: number
  /** Since the outbox was made. */
  readonly relayed: number
}
