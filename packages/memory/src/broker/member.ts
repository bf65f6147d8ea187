import {
  type Incident,
  type Settlement,
  type SettleResult,
  type SubscribeOptions,
  type Timer,
  UnsupportedError,
} from '@eventspine/core/transport'
import type { Broker } from './broker.ts'
import type { Claim } from './claim.ts'
import { Gate } from './gate.ts'
import type { Group } from './group.ts'
import { Held } from './held.ts'
import { Room } from './room.ts'

type Next = IteratorResult<readonly Held[], undefined>
const ended: Next = { done: true, value: undefined }

export interface MemberHost {
  readonly broker: Broker
  incident(kind: Incident['kind'], detail: string): void
}

/**
 * What the broker knows of one subscription. Its lease is renewed as long as it is neither crashed nor frozen, so it costs
 * nothing; a timer runs only from the moment when it is not.
 */
export class Member {
  readonly spec: SubscribeOptions['group']
  readonly claims: Claim[] = []
  readonly #options: SubscribeOptions
  readonly #host: MemberHost
  #group: Group
  #state: 'live' | 'stopped' | 'closed' = 'live'
  #crashed = false
  readonly #ice = new Gate()
  #expiry: Timer | undefined
  #expired = false
  #waiters: ((next: Next) => void)[] = []
  #turn = 0

  constructor(options: SubscribeOptions, group: Group, host: MemberHost) {
    this.spec = options.group
    this.#options = options
    this.#group = group
    this.#host = host
    group.join(this)
  }

  get group(): Group {
    return this.#group
  }

  /** Whether it counts when partitions are shared out. The broker learns of a crash only when the lease is over. */
  get sharing(): boolean {
    return this.#state === 'live' && !this.#expired
  }

  /** Whether anything passes between it and the broker. */
  get reachable(): boolean {
    return !this.frozen && !this.#crashed && this.#host.broker.up
  }

  get crashed(): boolean {
    return this.#crashed
  }

  get frozen(): boolean {
    return this.#ice.closed
  }

  get thawed(): Promise<void> {
    return this.#ice.opened
  }

  reads(topic: string): boolean {
    return this.spec.topics.includes(topic)
  }

  next(): Promise<Next> {
    if (this.#state !== 'live' || this.#crashed) return Promise.resolve(ended)
    const batch = this.#waiters.length === 0 ? this.#take() : []
    if (batch.length > 0) return Promise.resolve({ done: false, value: batch })
    return new Promise((resolve) => {
      if (this.#waiters.push(resolve) === 1) this.#group.waiting++
    })
  }

  /** Gives what there is to whoever waits. */
  serve(): void {
    while (this.#waiters.length > 0) {
      const batch = this.#take()
      if (batch.length === 0) return
      const resolve = this.#waiters.shift()
      if (this.#waiters.length === 0) this.#group.waiting--
      resolve?.({ done: false, value: batch })
    }
  }

  #take(): Held[] {
    const batch: Held[] = []
    if (!this.reachable || this.#state !== 'live') return batch
    const { prefetch, prefetchBytes } = this.#options
    const room = new Room(Math.min(prefetch, this.#group.fairShare), prefetchBytes)
    const { claims } = this
    const first = this.#turn++
    for (let i = 0; i < claims.length; i++) {
      const claim = claims[(first + i) % claims.length] as Claim
      claim.cursor.take(claim, batch, room)
    }
    return batch
  }

  settle(settlements: readonly Settlement[]): SettleResult[] {
    const { broker } = this.#host
    if (this.#group.ordered && settlements.some(({ as }) => as === 'retry')) {
      throw new UnsupportedError('An ordered group retries in the core: `retry` is for unordered groups')
    }
    broker.faults.beforeSettle(this.#group.name, settlements)
    const results = new Array<SettleResult>(settlements.length)
    const touched: Claim[] = []
    let wake = false
    try {
      for (let i = 0; i < settlements.length; i++) {
        const settlement = settlements[i] as Settlement
        const { delivery } = settlement
        if (!Held.is(delivery)) {
          results[i] = 'lost'
          continue
        }
        const claim = Held.claim(delivery)
        const answer = Held.answer(delivery) ?? (claim.over ? 'lost' : undefined)
        results[i] = answer ?? 'settled'
        if (answer !== undefined) continue
        wake ||= claim.full
        if (settlement.as !== 'ack') wake = this.#putElsewhere(claim, delivery, settlement) || wake
        claim.settle(delivery)
        if (claim.touched) continue
        claim.touched = true
        touched.push(claim)
      }
    } finally {
      this.#afterSettle(touched, wake)
      broker.changed()
    }
    return results
  }

  /** First of all, so that nothing is gone before it is there. True when the group has something to get by it. */
  #putElsewhere(claim: Claim, held: Held, settlement: Exclude<Settlement, { as: 'ack' }>): boolean {
    const { broker } = this.#host
    if (settlement.as === 'dead-letter') {
      broker.lettersOf(this.#group.name).add(Held.stored(held), claim.cursor.log, settlement.failure, Held.hop(held))
      return false
    }
    if (settlement.as === 'retry') {
      broker.retryLater(this.#group, claim.cursor, Held.retried(held, settlement.attempt), settlement.delayMs)
      return true
    }
    claim.cursor.putBack([Held.returned(held)])
    return true
  }

  #afterSettle(touched: readonly Claim[], wakes: boolean): void {
    let wake = wakes
    for (const claim of touched) {
      claim.touched = false
      if (!claim.draining || claim.unsettled > 0) continue
      this.#group.passOn(claim.cursor)
      wake = true
    }
    if (wake) this.#group.wake()
  }

  /** Takes nothing more. In an ordered group each partition goes on to another member as soon as nothing of it is held. */
  stop(): void {
    if (this.#state !== 'live') return
    this.#state = 'stopped'
    this.#endWaiters()
    if (!this.#crashed && !this.#expired && !this.frozen) this.#group.rebalance()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#endWaiters()
    // What can't be reached can't say goodbye: its lease runs out.
    if (this.#crashed || this.#expired || this.frozen) return
    this.#group.leave(this)
    this.#host.broker.changed()
  }

  /** As a killed process: it releases nothing, is never heard of again, and hears nothing. */
  crash(): void {
    if (this.#crashed || this.#state === 'closed') return
    this.#crashed = true
    this.#endWaiters()
    if (!this.#expired) this.#startExpiry()
  }

  /** As a stopped process or a silent network: nothing passes, the lease is not renewed. */
  freeze(): void {
    if (this.frozen || this.#crashed || this.#state === 'closed') return
    this.#ice.close()
    this.#startExpiry()
  }

  thaw(): void {
    if (!this.frozen) return
    this.#ice.open()
    if (this.#state === 'closed' || this.#crashed) return
    this.#expiry?.cancel()
    this.#expiry = undefined
    if (this.#expired) this.#rejoin()
    else this.serve()
  }

  /** Its claims are over at once, it stays a member. */
  loseClaims(): void {
    this.#group.takeBack(this)
    this.#group.shareAgain(this)
  }

  /** Its group is deleted. */
  detach(): void {
    this.#group.takeBack(this)
    this.#expired = true
    this.#host.incident('revoked', `group ${this.spec.name} was deleted`)
  }

  /** What was deleted under it is made anew, by the first member that can. */
  recreate(): void {
    if (!this.#expired || !this.reachable || this.#state !== 'live') return
    this.#attach(this.#host.broker.groupFor(this.spec))
    this.#host.incident('recreated', `group ${this.spec.name} starts at ${this.spec.startAt}`)
  }

  #attach(group: Group): void {
    if (this.#waiters.length > 0) {
      this.#group.waiting--
      group.waiting++
    }
    this.#group = group
    this.#expired = false
    group.join(this)
  }

  #startExpiry(): void {
    const { broker } = this.#host
    this.#expiry?.cancel()
    this.#expiry = broker.queue.at(broker.clock.now() + this.#options.leaseMs, () => {
      this.#expired = true
      this.#group.leave(this)
      this.#host.incident('disconnected', `lease of a member of ${this.spec.name} is over`)
      broker.changed()
    })
  }

  #rejoin(): void {
    this.#attach(this.#host.broker.groupFor(this.spec))
    this.#host.incident('reconnected', `member of ${this.spec.name} is back`)
  }

  #endWaiters(): void {
    if (this.#waiters.length > 0) this.#group.waiting--
    for (const resolve of this.#waiters.splice(0)) resolve(ended)
  }
}
