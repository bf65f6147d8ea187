import { sleep, systemClock } from '@eventspine/core/transport'
import type { CommittedOffset, GroupCalls, Membership as Member, Place } from '../driver/driver.ts'
import { typeOf } from '../driver/driver.ts'
import { isTransient } from '../errors.ts'
import { encodeMetadata } from '../offsets.ts'
import { keyOf } from './assigner.ts'
import type { Ahead, Claim } from './claim.ts'
import type { Membership } from './membership.ts'

export interface CommitterOptions {
  readonly calls: GroupCalls
  readonly membership: () => Membership
  readonly claims: () => Iterable<Claim>
  /** How many bytes of metadata the server keeps. */
  readonly metadataBytes: number
  /** Reserve nothing but what is about to be yielded, so that a crash accuses only it. */
  readonly isAlone: boolean
  /** Something is durable now, or reserved. */
  readonly committed: () => void
}

/** A commit is due this long after a change, or after so many finished deliveries of a partition. */
const afterMs = 500
const afterFinished = 1_000

/** One commit of everything that changed, one at a time: never one per message. */
export class Committer {
  readonly #options: CommitterOptions
  /** The last low-water mark that is durable, also of partitions that are gone: what a lost group is made anew from. */
  readonly lows = new Map<string, { readonly place: Place; readonly low: number }>()
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Something of the claim changed. */
  touch(claim: Claim): void {
    if (this.#closed) return
    if (claim.finishedSinceCommit >= afterFinished) {
      void this.commit().catch(() => {})
      return
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.commit().catch(() => {})
    }, afterMs)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Resolves when all that had changed by now is durable, or nobody's business any more. */
  commit(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#commitDirty().finally(() => {
        this.#running = undefined
      })
      return this.#running
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.commit()
      })
    return this.#next
  }

  /** The last word on claims that end in peace. */
  async release(claims: readonly Claim[]): Promise<void> {
    await this.#running?.catch(() => {})
    await this.#send(claims, 'none')
  }

  async #commitDirty(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { isAlone } = this.#options
    const claims = [...this.#options.claims()].filter(({ over }) => !over)
    const dirty = claims.filter((claim) => claim.dirty || (!isAlone && claim.isShortOfReserve))
    await this.#send(dirty, isAlone ? 'one' : 'many')
  }

  async #send(claims: readonly Claim[], ahead: Ahead): Promise<void> {
    let left = claims
    for (let waitMs = 10; left.length > 0; waitMs = Math.min(waitMs * 2, 500)) {
      const membership = this.#options.membership()
      membership.verify()
      left = left.filter((claim) => !claim.over)
      const { current } = membership
      if (left.length === 0) break
      if (current !== undefined) left = await this.#try(left, ahead, membership, current)
      if (left.length > 0) await sleep(systemClock, waitMs)
    }
    this.#options.committed()
  }

  /** Returns those that have to be tried again. */
  async #try(
    claims: readonly Claim[],
    ahead: Ahead,
    membership: Membership,
    member: Member,
  ): Promise<readonly Claim[]> {
    const words = claims.map((claim) => wordOf(claim, ahead, this.#options.metadataBytes))
    const noted = new Set(claims.filter(({ noteDirty }) => noteDirty))
    for (const { claim } of words) {
      claim.dirty = false
      claim.noteDirty = false
      claim.finishedSinceCommit = 0
    }
    const failed = new Map<string, string>()
    try {
      const results = await this.#options.calls.commit(
        member,
        words.map(({ offset }) => offset),
      )
      for (const { error, ...place } of results) if (error !== undefined) failed.set(keyOf(place), error)
    } catch (error) {
      for (const claim of claims) failed.set(claim.name, typeOf(error))
    }
    for (const { claim, offset, reserved } of words) {
      if (failed.has(claim.name)) {
        claim.dirty = true
        claim.noteDirty ||= noted.has(claim)
      } else {
        claim.reserved = reserved ?? claim.reserved
        this.lows.set(claim.name, { place: claim.place, low: offset.offset })
      }
    }
    const fatal = [...failed.values()].find((type) => !isTransient(type))
    if (fatal !== undefined) membership.refused(fatal, member)
    return claims.filter((claim) => failed.has(claim.name) && !claim.over)
  }
}

interface Word {
  readonly claim: Claim
  readonly offset: CommittedOffset
  readonly reserved: number | undefined
}

function wordOf(claim: Claim, ahead: Ahead, limit: number): Word {
  const position = claim.toPosition(ahead)
  const metadata = encodeMetadata(position, limit)
  return { claim, offset: { ...claim.place, offset: position.low, metadata }, reserved: position.reserved }
}
