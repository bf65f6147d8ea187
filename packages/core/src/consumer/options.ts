import type { StartAt } from '../transport/topology.ts'
import type { Registration } from './handler.ts'
import type { Middleware } from './middleware.ts'
import type { RetryPolicy } from './retry-policy.ts'

export interface ConsumerOptions {
  /** Members of one group share its deliveries; every group gets every event. */
  readonly group: string
  readonly on: readonly Registration[]
  /** Outermost first. */
  readonly use?: readonly Middleware[]
  /** Handlers at once in this member. Default 16. */
  readonly concurrency?: number
  /** Deliveries asked of the broker ahead of the handlers. Default 256, at least `concurrency`. */
  readonly prefetch?: number
  /** Default 8 MiB. */
  readonly prefetchBytes?: number
  /** How long the group waits for a member that died. Default 30,000. */
  readonly leaseMs?: number
  /** Of a new group. Default `available`. */
  readonly startAt?: StartAt
  /** Keep the order of each key. Default: true when every topic of the group is ordered. */
  readonly ordered?: boolean
  readonly partitions?: number
  readonly retry?: RetryPolicy
  /** When a delivery is held for the reason of earlier crashes. */
  readonly suspects?: SuspectPolicy
}

/** A delivery that the broker delivered often before may be what kills its handlers' process. */
export interface SuspectPolicy {
  /** From this `redelivered` on it is read and run alone. Default 5. */
  readonly isolateAfter?: number
  /** From this `redelivered` on it is dead-lettered as `crash-loop` without being run. Default 20. */
  readonly giveUpAfter?: number
}
