import { sleep, systemClock } from '@eventspine/core/transport'
import type { Assignment, GroupCalls, Joined, JoinedMember, Membership as Member, Place } from '../driver/driver.ts'
import { type DriverError, typeOf } from '../driver/driver.ts'
import { decodeAssignment } from '../driver/kafkajs-driver.ts'
import { isTransient } from '../errors.ts'
import { encodeUserData } from './user-data.ts'

export interface MembershipHost {
  /** What to read, and what has not been given up. */
  application(): { readonly topics: readonly string[]; readonly owned: readonly Place[] }
  /** Asked of the leader. */
  assign(members: readonly JoinedMember[]): Promise<ReadonlyMap<string, Assignment>>
  assigned(assignment: Assignment): void
  /** Everything that was ours may be somebody else's now. */
  lost(why: string): void
  trouble(error: unknown): void
  /** The group answers again. */
  well(): void
  /** It can't go on. */
  failed(error: unknown): void
}

export interface MembershipOptions {
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
}

/** The name that members of a group must share; another one is another way to assign. */
const protocol = 'eventspine-1'
const left = { memberId: '', generation: -1 }

/** A member of a group, from joining to leaving: one loop that joins, beats, and joins again when the group changes. */
export class Membership {
  readonly #calls: GroupCalls
  readonly #host: MembershipHost
  readonly #options: MembershipOptions
  readonly #closing = new AbortController()
  #current: Member = left
  /** `performance.now()` of the last request that proved us a member. */
  #provenAt = Number.NEGATIVE_INFINITY
  #tickAt = performance.now()
  #joiningSince: number | undefined
  #rejoin = false
  #wake: () => void = () => {}
  #running: Promise<void> | undefined

  constructor(calls: GroupCalls, host: MembershipHost, options: MembershipOptions) {
    this.#calls = calls
    this.#host = host
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** For commits; undefined while it is no member. */
  get current(): Member | undefined {
    return this.#current.generation < 0 ? undefined : this.#current
  }

  /**
   * Whether nobody else can own what we do. While a join is under way the coordinator waits for it, so it may take longer than a
   * session; a process that did not run meanwhile can't know.
   */
  get isProven(): boolean {
    const now = performance.now()
    const { sessionTimeoutMs } = this.#options
    if (now - this.#tickAt > sessionTimeoutMs) return false
    if (this.#joiningSince !== undefined) return now - this.#joiningSince < sessionTimeoutMs * 3
    return now - this.#provenAt < sessionTimeoutMs
  }

  /** What we read or own has changed: the group must know. */
  rejoin(): void {
    this.#rejoin = true
    this.#wake()
  }

  /** The coordinator said in another answer that we are no member, or of an older generation. */
  outdated(type: string): void {
    if (type === 'REBALANCE_IN_PROGRESS') this.rejoin()
    else this.#lose(type)
    this.#wake()
  }

  /** Leaves; what is committed must have been before. */
  async leave(): Promise<void> {
    if (this.#closing.signal.aborted) return this.#running
    this.#closing.abort()
    this.#wake()
    const { memberId } = this.#current
    this.#current = left
    if (memberId !== '') await this.#calls.leave(memberId).catch(() => {})
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const tick = setInterval(() => this.#watch(), this.#options.heartbeatMs)
    let memberId = ''
    try {
      for (let failures = 0; !signal.aborted; ) {
        try {
          memberId = await this.#join(memberId)
          failures = 0
          this.#host.well()
          await this.#beat()
          memberId = this.#current.memberId
        } catch (error) {
          if (signal.aborted) return
          const type = typeOf(error)
          if (type === 'MEMBER_ID_REQUIRED') memberId = (error as DriverError).memberId ?? ''
          else if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION' || type === 'FENCED_INSTANCE_ID') {
            this.#lose(type)
            memberId = ''
          } else if (type !== 'REBALANCE_IN_PROGRESS') {
            if (!isTransient(type)) return this.#host.failed(error)
            failures++
            this.#host.trouble(error)
            await sleep(systemClock, Math.min(50 * 2 ** failures, 1_000), signal)
          }
        }
      }
    } finally {
      clearInterval(tick)
    }
  }

  /** Joins and learns what is ours; resolves with our id. */
  async #join(memberId: string): Promise<string> {
    this.#rejoin = false
    const start = performance.now()
    this.#joiningSince ??= start
    const { topics, owned } = this.#host.application()
    const joined = await this.#calls.join({
      memberId,
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      rebalanceTimeoutMs: this.#options.sessionTimeoutMs,
      protocol,
      topics,
      userData: encodeUserData({ owned, generation: this.#current.generation }),
    })
    if (this.#closing.signal.aborted) {
      await this.#calls.leave(joined.memberId).catch(() => {})
      return ''
    }
    // Gone in the meantime, so what was applied for with it counts no more.
    if (owned.length > 0 && this.#current.generation < 0) this.#rejoin = true
    await this.#sync(joined)
    this.#provenAt = start
    this.#joiningSince = undefined
    return joined.memberId
  }

  async #sync(joined: Joined): Promise<void> {
    const { memberId, generation, members } = joined
    const assignments = members.length > 0 ? await this.#host.assign(members) : new Map<string, Assignment>()
    const assignment = decodeAssignment(await this.#calls.sync({ memberId, generation, assignments }))
    if (this.#closing.signal.aborted) return
    this.#current = { memberId, generation }
    this.#host.assigned(assignment)
  }

  /** Until the group changes: then it throws, or returns when we want the change. */
  async #beat(): Promise<void> {
    while (!this.#closing.signal.aborted && !this.#rejoin) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await Promise.race([woken, sleep(systemClock, this.#options.heartbeatMs, this.#closing.signal)])
      if (this.#closing.signal.aborted || this.#rejoin) return
      if (this.#current.generation < 0) return
      const start = performance.now()
      try {
        await this.#calls.heartbeat(this.#current)
        this.#provenAt = start
        this.#host.well()
      } catch (error) {
        if (!isTransient(typeOf(error))) throw error
        this.#host.trouble(error)
      }
    }
  }

  #watch(): void {
    if (!this.isProven && this.#current.generation >= 0) this.#lose('the session is over')
    this.#tickAt = performance.now()
  }

  /** To be asked before anything is settled, for the timers of a process that was stopped have not run yet. */
  verify(): void {
    if (this.#current.generation >= 0 && !this.isProven) this.#lose('the session is over')
  }

  #lose(why: string): void {
    if (this.#current.generation >= 0) this.#host.lost(why)
    // The id is kept by the caller where the coordinator still knows it.
    this.#current = { memberId: this.#current.memberId, generation: -1 }
    this.#wake()
  }
}
