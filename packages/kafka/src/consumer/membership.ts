import { sleep, systemClock } from '@eventspine/core/transport'
import type { Assignment, GroupCalls, Joined, JoinedMember, Membership as Member, Place } from '../driver/driver.ts'
import { type DriverError, typeOf } from '../driver/driver.ts'
import { decodeAssignment } from '../driver/kafkajs-driver.ts'
import { isTransient } from '../errors.ts'
import { retrying } from '../retrying.ts'
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
const leaveWithinMs = 3_000

/** A member of a group, from joining to leaving: one loop that joins, beats, and joins again when the group changes. */
export class Membership {
  readonly #calls: GroupCalls
  readonly #farewell: GroupCalls
  readonly #host: MembershipHost
  readonly #options: MembershipOptions
  readonly #closing = new AbortController()
  #current: Member = left
  /** As the coordinator knows us, joined or about to be. */
  #memberId = ''
  /** `performance.now()` of the last request that proved us a member. */
  #provenAt = Number.NEGATIVE_INFINITY
  #tickAt = performance.now()
  #joiningSince: number | undefined
  #rejoin = false
  #wake: () => void = () => {}
  #running: Promise<void> | undefined

  /** `farewell` is a way to the group that no pending join blocks. */
  constructor(calls: GroupCalls, farewell: GroupCalls, host: MembershipHost, options: MembershipOptions) {
    this.#calls = calls
    this.#farewell = farewell
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

  /** The coordinator refused what we sent as `member`. While we join, a new generation may have begun that we don't know yet. */
  refused(type: string, member: Member): void {
    const isNewer = this.#joiningSince !== undefined || member.generation !== this.#current.generation
    if (type === 'REBALANCE_IN_PROGRESS') return this.#joiningSince === undefined ? this.rejoin() : undefined
    if (type === 'ILLEGAL_GENERATION' && isNewer) return
    this.#lose(type)
  }

  /** Leaves; what is committed must have been before. */
  async leave(): Promise<void> {
    if (this.#closing.signal.aborted) return this.#running
    this.#closing.abort()
    this.#wake()
    const memberId = this.#memberId
    this.#current = left
    if (memberId === '') return
    // Else the group would wait for us until the session is over.
    await retrying(() => this.#farewell.leave(memberId), { withinMs: leaveWithinMs }).catch(() => {})
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const tick = setInterval(() => this.#watch(), this.#options.heartbeatMs)
    try {
      for (let failures = 0; !signal.aborted; ) {
        try {
          await this.#join()
          failures = 0
          this.#host.well()
          await this.#beat()
        } catch (error) {
          if (signal.aborted) return
          const type = typeOf(error)
          if (type === 'MEMBER_ID_REQUIRED') this.#memberId = (error as DriverError).memberId ?? ''
          else if (isFence(type)) {
            this.#lose(type)
            this.#memberId = ''
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

  /** Joins and learns what is ours. */
  async #join(): Promise<void> {
    this.#rejoin = false
    this.#joiningSince ??= performance.now()
    const { topics, owned } = this.#host.application()
    const joined = await this.#calls.join({
      memberId: this.#memberId,
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      rebalanceTimeoutMs: this.#options.sessionTimeoutMs,
      protocol,
      topics,
      userData: encodeUserData({ owned, generation: this.#current.generation }),
    })
    if (this.#closing.signal.aborted) {
      if (joined.memberId !== this.#memberId) await this.#calls.leave(joined.memberId).catch(() => {})
      return
    }
    this.#memberId = joined.memberId
    // Gone in the meantime, so what was applied for with it counts no more.
    if (owned.length > 0 && this.#current.generation < 0) this.#rejoin = true
    const syncedAt = performance.now()
    await this.#sync(joined)
    this.#provenAt = syncedAt
    this.#joiningSince = undefined
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
    this.#current = left
    this.#joiningSince = undefined
    this.#wake()
  }
}

const isFence = (type: string): boolean =>
  type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION' || type === 'FENCED_INSTANCE_ID'
