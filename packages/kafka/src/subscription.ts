import type {
  Delivery,
  Failure,
  GroupSpec,
  Message,
  Settlement,
  SettleResult,
  SubscribeOptions,
  Subscription,
  TransportError,
} from '@eventspine/core/transport'
import { UnsupportedError } from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import { assign, keyOf } from './consumer/assigner.ts'
import type { Claim } from './consumer/claim.ts'
import { Committer } from './consumer/committer.ts'
import { DelayGate } from './consumer/delay-gate.ts'
import type { Entry } from './consumer/entry.ts'
import { Fetcher } from './consumer/fetcher.ts'
import { Membership } from './consumer/membership.ts'
import { Opener } from './consumer/opener.ts'
import { decodeUserData } from './consumer/user-data.ts'
import { delayTopics, tierOf } from './delays.ts'
import type { Assignment, Cluster, Fetched, GroupCalls, JoinedMember, Place } from './driver/driver.ts'
import { typeOf } from './driver/driver.ts'
import { toTransportError } from './errors.ts'
import type { Incidents } from './incidents.ts'
import { retrying } from './retrying.ts'

/** What a subscription needs of its transport. */
export interface SubscriptionHost {
  /** A connection of its own: joining a group holds up everything else on one. */
  readonly cluster: Cluster
  /** The transport's own: for commits and farewells, which must not wait behind a join. */
  readonly shared: Cluster
  readonly catalog: Catalog
  readonly incidents: Incidents
  readonly metadataBytes: number
  readonly metadataMaxAgeMs: number
  readonly closeWithinMs: number
  retry(message: Message, options: { delayMs: number; attempt: number; hop: number }): Promise<void>
  deadLetter(message: Message, failure: Failure, hop: number): Promise<void>
  /** Its last claim is gone. */
  closed(subscription: KafkaSubscription): void
}

export interface ReadOptions extends SubscribeOptions {
  /** The group's delay topics are this and a tier. */
  readonly delayPrefix: string
  /** The offset behind the last message of each partition when `latest` was asked for. */
  readonly ends: ReadonlyMap<string, number>
}

interface Held {
  readonly claim: Claim
  readonly entry: Entry
  answer: SettleResult | undefined
  settling: Promise<SettleResult> | undefined
}

/** How many messages of a delay topic wait in memory for their time. */
const mostWaiting = 1_000

export class KafkaSubscription implements Subscription {
  readonly group: GroupSpec
  readonly #host: SubscriptionHost
  readonly #options: ReadOptions
  readonly #calls: GroupCalls
  readonly #membership: Membership
  readonly #committer: Committer
  readonly #fetcher: Fetcher
  readonly #opener: Opener
  readonly #gate: DelayGate
  readonly #claims = new Map<string, Claim>()
  readonly #held = new WeakMap<Delivery, Held>()
  readonly #poll: ReturnType<typeof setInterval>
  /** The delay topics of the group that exist. */
  #delayTopics: readonly string[] = []
  #partitions = ''
  #waiters: (() => void)[] = []
  #turn = 0
  #averageBytes = 512
  #state: 'running' | 'stopped' | 'closed' = 'running'
  #failure: TransportError | undefined
  #closing: Promise<void> | undefined
  #releasing: Promise<void> | undefined

  constructor(host: SubscriptionHost, options: ReadOptions, delayTopicsThere: readonly string[]) {
    this.group = options.group
    this.#host = host
    this.#options = options
    this.#delayTopics = delayTopicsThere
    this.#calls = host.cluster.group(options.group.name)
    const claims = (): Iterable<Claim> => this.#claims.values()
    this.#membership = new Membership(
      this.#calls,
      host.shared.group(options.group.name),
      {
        application: () => this.#application(),
        assign: (members) => this.#assign(members),
        assigned: (assignment) => this.#assigned(assignment),
        lost: (why) => this.#lost(why),
        trouble: (error) => host.incidents.trouble(this.#membership, error),
        well: () => host.incidents.well(this.#membership),
        failed: (error) => this.#failed(error),
      },
      { sessionTimeoutMs: options.leaseMs, heartbeatMs: Math.max(50, Math.min(1_000, options.leaseMs / 5)) },
    )
    this.#committer = new Committer({
      calls: host.shared.group(options.group.name),
      membership: () => this.#membership,
      claims,
      metadataBytes: host.metadataBytes,
      isAlone: options.prefetch === 1,
      committed: () => this.#wake(),
    })
    this.#opener = new Opener({
      calls: this.#calls,
      catalog: host.catalog,
      cluster: host.cluster,
      incidents: host.incidents,
      tierOf: (topic) => tierOf(options.delayPrefix, topic),
      startAt: options.group.startAt,
      ends: options.ends,
      lows: this.#committer.lows,
    })
    this.#gate = new DelayGate({
      ready: (claim, entry) => {
        claim.makeReady(entry)
        this.#wake()
      },
      delayAgain: (message, claim, entry, delayMs) => void this.#delayAgain(message, claim, entry, delayMs),
    })
    this.#fetcher = new Fetcher({
      cluster: host.cluster,
      claims,
      wants: (claim) => this.#wants(claim),
      leavesOut: () => [...this.#claims.values()].some((claim) => !claim.revoking && !this.#wants(claim)),
      room: () => this.#room,
      arrived: (claim, fetched) => this.#arrived(claim, fetched),
      outOfRange: (claim) => this.#outOfRange(claim),
      stale: () => this.refresh(),
      trouble: (error) => host.incidents.trouble(this.#fetcher, error),
      well: () => host.incidents.well(this.#fetcher),
      failed: (error) => this.#failed(error),
    })
    this.#poll = setInterval(() => void this.refresh().catch(() => {}), host.metadataMaxAgeMs)
    options.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  /** Reaches the cluster, so that the group's coordinator can be asked for. */
  connect(): Promise<void> {
    return retrying(() => this.#host.cluster.connect(), this.#options.signal && { signal: this.#options.signal })
  }

  start(): void {
    this.#membership.start()
    if (this.#options.signal?.aborted) this.#abort()
  }

  /** A `break` out of a loop ends that loop only: the subscription ends with `stop` or `close`. */
  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[], undefined> {
    return {
      next: () => this.#next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    }
  }

  async #next(): Promise<IteratorResult<readonly Delivery[], undefined>> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#state !== 'running') return { done: true, value: undefined }
      const batch = this.#take()
      if (batch.length > 0) {
        this.#fetcher.wake()
        return { done: false, value: batch }
      }
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve)
      })
    }
  }

  /** From each claim in turn, so that a full one does not hide the others. */
  #take(): Delivery[] {
    this.#membership.verify()
    if (this.#isAlone) return this.#takeAlone()
    const { prefetch, prefetchBytes } = this.#options
    const claims = [...this.#claims.values()]
    const batch: Delivery[] = []
    let bytes = 0
    let isShort = false
    for (let i = 0; i < claims.length && batch.length < prefetch; i++) {
      const claim = claims[(this.#turn + i) % claims.length] as Claim
      for (let entry = claim.peek(); entry !== undefined; entry = claim.peek()) {
        if (!claim.isReserved(entry)) break
        if (batch.length >= prefetch || (batch.length > 0 && bytes + entry.bytes > prefetchBytes)) break
        bytes += entry.bytes
        batch.push(this.#yield(claim, claim.take()))
      }
      isShort ||= claim.isShortOfReserve && !claim.over
    }
    this.#turn++
    if (isShort) void this.#committer.commit().catch(() => {})
    return batch
  }

  /** One delivery of all partitions, and a commit that names it before it is out: whoever dies of it accuses nobody else. */
  #takeAlone(): Delivery[] {
    const claims = [...this.#claims.values()]
    const chosen = claims.find((claim) => claim.reservesNext) ?? claims.find((claim) => claim.peek() !== undefined)
    const entry = chosen?.peek()
    if (chosen === undefined || entry === undefined) {
      if (chosen !== undefined) chosen.reservesNext = false
      return []
    }
    if (chosen.reservesNext && chosen.isReserved(entry)) {
      chosen.reservesNext = false
      return [this.#yield(chosen, chosen.take())]
    }
    chosen.reservesNext = true
    chosen.dirty = true
    void this.#committer.commit().catch(() => {})
    return []
  }

  get #isAlone(): boolean {
    return this.#options.prefetch === 1
  }

  #yield(claim: Claim, entry: Entry): Delivery {
    const { message, attempt, redelivered } = entry
    const delivery = { message, attempt, redelivered, partition: claim.name, lease: claim.lease }
    this.#held.set(delivery, { claim, entry, answer: undefined, settling: undefined })
    return delivery
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    this.#membership.verify()
    const touched = new Set<Claim>()
    const results = settlements.map((settlement) => this.#settleOne(settlement, touched))
    this.#progress(touched)
    const written = results.some((result) => typeof result !== 'string')
    if (!written && ![...touched].some(({ noteDirty }) => noteDirty)) return results as SettleResult[]
    const answers = await Promise.allSettled(results)
    this.#progress(touched)
    // An attempt that failed in place must not be forgotten by a crash behind an answer.
    if ([...touched].some(({ noteDirty, over }) => noteDirty && !over)) await this.#committer.commit()
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    })
  }

  #settleOne(settlement: Settlement, touched: Set<Claim>): SettleResult | Promise<SettleResult> {
    const held = this.#held.get(settlement.delivery)
    if (held === undefined) return 'lost'
    if (held.answer !== undefined) return held.answer
    if (held.settling !== undefined) return held.settling
    const { claim, entry } = held
    touched.add(claim)
    if (claim.over || entry.state !== 'yielded') held.answer = 'lost'
    else if (settlement.as === 'ack') this.#finish(held)
    else if (settlement.as === 'release') {
      claim.release(entry)
      held.answer = 'settled'
    } else {
      held.settling = this.#settleByCopy(held, settlement).finally(() => {
        held.settling = undefined
      })
      return held.settling
    }
    return held.answer ?? 'lost'
  }

  async #settleByCopy(
    held: Held,
    settlement: Extract<Settlement, { as: 'retry' | 'dead-letter' }>,
  ): Promise<SettleResult> {
    const { message, hop } = held.entry
    if (settlement.as === 'dead-letter') await this.#host.deadLetter(message, settlement.failure, hop)
    else await this.#host.retry(message, { delayMs: settlement.delayMs, attempt: settlement.attempt, hop })
    this.#membership.verify()
    // Copied and lost: it comes twice. Only a transaction could say otherwise, and none spans a handler.
    if (held.claim.over || held.entry.state !== 'yielded') held.answer = 'lost'
    else this.#finish(held)
    return held.answer ?? 'lost'
  }

  #finish(held: Held): void {
    held.claim.finish(held.entry)
    held.answer = 'settled'
  }

  #progress(claims: Iterable<Claim>): void {
    let freed = false
    for (const claim of claims) {
      if (claim.dirty) this.#committer.touch(claim)
      freed ||= claim.revoking
    }
    if (freed) this.#settleRevoked()
    this.#fetcher.wake()
    this.#wake()
  }

  note(delivery: Delivery, attempt: number): void {
    const held = this.#held.get(delivery)
    if (held === undefined || held.answer !== undefined || held.claim.over) return
    held.claim.note(held.entry, attempt)
    this.#progress([held.claim])
  }

  async stop(): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'stopped'
    this.#fetcher.stop()
    for (const claim of this.#claims.values()) claim.revoke()
    this.#wake()
    this.#settleRevoked()
    if (this.#claims.size > 0) this.#membership.rejoin()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort)
    clearInterval(this.#poll)
    this.#state = 'closed'
    this.#fetcher.stop()
    this.#gate.close()
    this.#wake()
    await within(this.#host.closeWithinMs, this.#giveUpAll())
    for (const claim of this.#claims.values()) claim.end()
    this.#claims.clear()
    this.#committer.close()
    await within(this.#host.closeWithinMs, this.#membership.leave() ?? Promise.resolve())
    this.#host.incidents.forget(this.#membership)
    this.#host.incidents.forget(this.#fetcher)
    this.#host.cluster.close()
    this.#host.closed(this)
  }

  async #giveUpAll(): Promise<void> {
    await this.#releasing
    const claims = [...this.#claims.values()].filter(({ over }) => !over)
    for (const claim of claims) {
      claim.revoke()
      claim.giveBack()
    }
    await this.#committer.release(claims)
  }

  #abort = (): void => void this.close()

  /** Gives up what is revoked and in nobody's hands any more, then tells the group. */
  #settleRevoked(): void {
    this.#releasing ??= this.#releaseRevoked().finally(() => {
      this.#releasing = undefined
    })
  }

  async #releaseRevoked(): Promise<void> {
    for (;;) {
      const idle = [...this.#claims.values()].filter((claim) => this.#isGivenUp(claim))
      if (idle.length === 0) return
      for (const claim of idle) claim.giveBack()
      await this.#committer.release(idle).catch(() => {})
      for (const claim of idle) {
        // It was given back to us meanwhile.
        if (!claim.revoking && !claim.over) continue
        claim.end()
        if (this.#claims.get(claim.name) === claim) this.#claims.delete(claim.name)
      }
      if (this.#state === 'running') this.#membership.rejoin()
      else if (this.#claims.size === 0 && this.#opener.isIdle) await this.#membership.leave()
      else this.#membership.rejoin()
    }
  }

  #isGivenUp(claim: Claim): boolean {
    if (!claim.revoking || claim.over) return false
    return this.#state === 'running' ? claim.isIdle : claim.held === 0
  }

  #application(): { topics: readonly string[]; owned: readonly Place[] } {
    const owned = [...this.#claims.values()].filter(({ over }) => !over).map(({ place }) => place)
    const topics = this.#state === 'running' ? [...this.group.topics, ...this.#delayTopics] : []
    return { topics: [...new Set(topics)], owned: [...owned, ...this.#opener.places] }
  }

  async #assign(members: readonly JoinedMember[]): Promise<ReadonlyMap<string, Assignment>> {
    const applicants = members.map(({ memberId, topics, userData }) => ({
      memberId,
      topics,
      ...decodeUserData(userData),
    }))
    const topics = [...new Set(applicants.flatMap(({ topics: read }) => read))]
    const known = await this.#host.catalog.refresh(topics)
    const partitions = new Map(topics.map((topic) => [topic, known.get(topic)?.length ?? 0]))
    const isOwn = (topic: string): boolean => tierOf(this.#options.delayPrefix, topic) !== undefined
    const places = assign(applicants, { partitions, isOwn })
    return new Map([...places].map(([memberId, given]) => [memberId, toAssignment(given)]))
  }

  #assigned(assignment: Assignment): void {
    const given = new Map(
      [...assignment].flatMap(([topic, partitions]) =>
        partitions.map((partition) => [keyOf({ topic, partition }), { topic, partition }] as const),
      ),
    )
    for (const [name, claim] of this.#claims) {
      if (!given.has(name)) claim.revoke()
      else if (claim.revoking && this.#state === 'running') {
        claim.keep()
        this.#admit(claim)
      }
    }
    this.#opener.keepOnly(given)
    const fresh = [...given.values()].filter((place) => !this.#claims.has(keyOf(place)))
    if (fresh.length > 0) void this.#open(fresh)
    this.#settleRevoked()
    this.#fetcher.wake()
    if (this.#state === 'stopped' && this.#claims.size === 0 && this.#opener.isIdle) void this.#membership.leave()
  }

  async #open(places: readonly Place[]): Promise<void> {
    try {
      const opened = await this.#opener.open(places)
      for (const { claim, wanted } of opened) {
        this.#claims.set(claim.name, claim)
        if (!wanted || this.#state !== 'running') claim.revoke()
      }
      this.#settleRevoked()
      this.#fetcher.wake()
      await this.#committer.commit()
      this.#opener.recreated(opened)
    } catch (error) {
      this.#failed(error)
    }
  }

  #lost(why: string): void {
    for (const claim of this.#claims.values()) claim.end()
    if (this.#claims.size > 0) {
      this.#host.incidents.add('error', `group ${this.group.name}: ${this.#claims.size} partitions lost, ${why}`)
    }
    this.#claims.clear()
    this.#opener.forget()
    this.#wake()
  }

  #failed(error: unknown): void {
    if (this.#state === 'closed') return
    const what = `Group ${this.group.name}`
    this.#failure ??=
      typeOf(error) === 'INVALID_SESSION_TIMEOUT'
        ? new UnsupportedError(`${what}: the broker takes no lease of ${this.#options.leaseMs} ms`)
        : toTransportError(error, what)
    this.#host.incidents.add('error', this.#failure.message)
    this.#fetcher.stop()
    this.#lost('the subscription failed')
  }

  get failure(): TransportError | undefined {
    return this.#failure
  }

  #wants(claim: Claim): boolean {
    if (claim.revoking || claim.over || claim.full) return false
    if (claim.tierMs !== undefined && claim.waiting.length >= mostWaiting) return false
    const { prefetch, prefetchBytes } = this.#options
    const [count, bytes] = this.#buffered
    return count < prefetch && bytes < prefetchBytes
  }

  get #buffered(): readonly [count: number, bytes: number] {
    let count = 0
    let bytes = 0
    for (const claim of this.#claims.values()) {
      count += claim.buffered
      bytes += claim.bufferedBytes
    }
    return [count, bytes]
  }

  /** As many bytes as the messages that may be held are likely to take. */
  get #room(): number {
    const { prefetch, prefetchBytes } = this.#options
    const [count, bytes] = this.#buffered
    return Math.min(prefetchBytes - bytes, (prefetch - count) * this.#averageBytes * 2)
  }

  #arrived(claim: Claim, fetched: Fetched): void {
    const entries = claim.add(fetched.records, fetched.next)
    for (const { bytes } of entries) this.#averageBytes += (bytes + 200 - this.#averageBytes) * 0.02
    this.#admit(claim)
    if (claim.dirty) this.#committer.touch(claim)
  }

  #admit(claim: Claim): void {
    if (claim.tierMs !== undefined) this.#gate.check(claim)
    else for (const entry of claim.waiting) claim.makeReady(entry)
    this.#wake()
  }

  async #delayAgain(message: Message, claim: Claim, entry: Entry, delayMs: number): Promise<void> {
    try {
      await this.#host.retry(message, { delayMs, attempt: entry.attempt, hop: entry.hop })
      if (!claim.over) claim.finish(entry)
      this.#progress([claim])
    } catch {
      // It waits here instead: the gate makes it ready when it is due.
    }
  }

  /** The log begins later than where we were, or ends before: what there is begins at its start. */
  async #outOfRange(claim: Claim): Promise<void> {
    const [earliest] = await this.#host.catalog.listOffsets([claim.place], 'earliest')
    if (earliest === undefined || claim.over) return
    this.#host.incidents.add('error', `${claim.name} has no offset ${claim.position}, reading from ${earliest.offset}`)
    claim.position = earliest.offset
    claim.dirty = true
  }

  /** Looks for leaders that have moved, partitions that were added, and delay topics of the group that are new. */
  async refresh(): Promise<void> {
    if (this.#state === 'closed') return
    const own = delayTopics(this.#options.delayPrefix)
    const known = await this.#host.catalog.refresh([...this.group.topics, ...own])
    for (const claim of this.#claims.values()) {
      const info = known.get(claim.place.topic)
      if (info !== undefined) claim.leader = info[claim.place.partition]?.leader ?? -1
    }
    const there = own.filter((topic) => known.has(topic))
    const partitions = [...known].map(([topic, all]) => `${topic} ${all.length}`).join()
    const changed = this.#partitions !== '' && partitions !== this.#partitions
    const grown = there.length !== this.#delayTopics.length
    this.#partitions = partitions
    this.#delayTopics = there
    this.#fetcher.wake()
    if ((changed || grown) && this.#state === 'running') this.#membership.rejoin()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}

function toAssignment(places: readonly Place[]): Assignment {
  const topics = Map.groupBy(places, ({ topic }) => topic)
  return new Map([...topics].map(([topic, given]) => [topic, given.map(({ partition }) => partition)]))
}

/** A broker that is away must not keep a process from ending. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([work.catch(() => {}), limit])
  clearTimeout(timer)
}
