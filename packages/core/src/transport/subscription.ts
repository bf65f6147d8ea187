import type { Failure } from './dead-letters.ts'
import type { Message } from './message.ts'
import type { GroupSpec } from './topology.ts'

export interface SubscribeOptions {
  readonly group: GroupSpec
  /** At most this many messages are held unyielded. Not pulling stops the flow, not the leases. */
  readonly prefetch: number
  /** The same bound in bytes of `body`; one message may exceed it alone. */
  readonly prefetchBytes: number
  /** How long a member that died keeps what it held. The adapter renews for as long as the member lives. */
  readonly leaseMs: number
  /** Aborting equals `close()`. */
  readonly signal?: AbortSignal
}

/**
 * A member of a group. It yields deliveries in batches as the broker sends them, and takes settlements in lists.
 *
 * Within a (partition, key) of an ordered group the iterator yields in order, and redeliveries come before anything newer
 * of that partition. A member gives up its claim on a partition only when every delivery that it holds from it is settled
 * or released. A partition of which `maxHeld` deliveries are yielded and unsettled yields nothing more until one settles.
 * After a lost connection the same iterator goes on; it throws only when it can't (`TransportError`, not retryable).
 */
export interface Subscription extends AsyncIterable<readonly Delivery[]> {
  /**
   * One answer per settlement, same order. `lost`: the delivery was no longer ours (lease over, partition moved), nothing
   * changed, and somebody else will get it. Idempotent: a second settlement of a delivery repeats the first answer and does
   * nothing. Calls may overlap. Rejects when the broker did not take it: the deliveries stay unsettled and ours.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]>
  /** Ordered groups: the core's in-place attempt number `attempt` of `delivery` failed; durable with the next commit. */
  note?(delivery: Delivery, attempt: number): void
  /** The iterator ends; leases, claims and `settle` live on; what arrives late is released within a second. */
  stop(): Promise<void>
  /** Releases what is unsettled, then gives up the claims. Idempotent. */
  close(): Promise<void>
}

export type SettleResult = 'settled' | 'lost'

/** A message handed to us: plain data, so that it may cross a process boundary. */
export interface Delivery {
  readonly message: Message
  /** 1-based, ours: handler failures so far + 1; carried through retries, reset by replay only. */
  readonly attempt: number
  /** How often the broker delivered it before: a suspicion, not a count of failures. */
  readonly redelivered: number
  /** Lanes are (partition, key): keys are never compared across partitions. */
  readonly partition?: string
  /** Aborted before another member can own the delivery, where the broker tells. May be shared by deliveries. */
  readonly lease: AbortSignal
}

export type Settlement =
  | { readonly delivery: Delivery; readonly as: 'ack' }
  /** Give it back at once, no attempt burnt. */
  | { readonly delivery: Delivery; readonly as: 'release' }
  /** Unordered groups only: deliver it again with `attempt`, not before `delayMs` by the broker's clock. */
  | { readonly delivery: Delivery; readonly as: 'retry'; readonly delayMs: number; readonly attempt: number }
  /** Durable among the group's dead letters before it is gone here. */
  | { readonly delivery: Delivery; readonly as: 'dead-letter'; readonly failure: Failure }

/** How much of one partition may be yielded and unsettled before it pauses. */
export const maxHeld: { readonly messages: number; readonly bytes: number } = {
  messages: 1_000,
  bytes: 16 * 1024 * 1024,
}
