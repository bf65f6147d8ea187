import { type Arena, toMessage } from '../mapper.ts'
import { Claim } from './claim.ts'
import { Held } from './held.ts'
import { crossesSegment, type Log, type Reader } from './log.ts'
import type { Member } from './member.ts'
import type { Room } from './room.ts'
import { bytesOf, type Entry, type Stored } from './stored.ts'

/** A group in one partition: how far it has read, what came back, and who holds it. */
export class Cursor implements Reader {
  readonly log: Log
  /** What came before is none of the group's business. */
  readonly start: number
  position: number
  readonly claims: Claim[] = []
  /** Ordered groups: who shall have it when the present claim is drained. */
  heir: Member | undefined
  /** By order: redeliveries come before anything newer. */
  #returned: Entry[] = []
  readonly #arena: Arena

  constructor(log: Log, position: number, arena: Arena) {
    this.log = log
    this.start = position
    this.position = position
    this.#arena = arena
    log.readers.add(this)
  }

  get ready(): number {
    return this.#returned.length + this.log.end - this.position
  }

  get returned(): readonly Entry[] {
    return this.#returned
  }

  claim(member: Member): Claim {
    const claim = new Claim(this, member)
    this.claims.push(claim)
    member.claims.push(claim)
    return claim
  }

  /** Ends the claim; what it held comes again. */
  unclaim(claim: Claim): void {
    remove(this.claims, claim)
    remove(claim.member.claims, claim)
    this.putBack(claim.end())
  }

  putBack(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const last = this.#returned.at(-1)
      this.#returned.push(entry)
      if (last !== undefined && last.order > entry.order) this.#returned.sort((a, b) => a.order - b.order)
    }
  }

  /** Where a message goes that the group shall get before what it has not seen. */
  get orderOfReplay(): number {
    return this.position - 0.5
  }

  /** Moves what fits from here into `batch`, held by `claim`. */
  take(claim: Claim, batch: Held[], room: Room): void {
    if (claim.draining) return
    if (this.#returned.length > 0) this.#takeReturned(claim, batch, room)
    if (this.#returned.length > 0) return
    const from = this.position
    const { log } = this
    while (this.position < log.end && !claim.full) {
      const stored = log.at(this.position)
      if (!room.takes(bytesOf(stored))) break
      this.#hand(claim, batch, stored, this.position, 1, 0, 0)
      this.position++
    }
    if (crossesSegment(from, this.position)) log.trim()
  }

  #takeReturned(claim: Claim, batch: Held[], room: Room): void {
    let taken = 0
    for (const { stored, order, attempt, redelivered, hop } of this.#returned) {
      if (claim.full || !room.takes(bytesOf(stored))) break
      this.#hand(claim, batch, stored, order, attempt, redelivered, hop)
      taken++
    }
    this.#returned.splice(0, taken)
  }

  #hand(
    claim: Claim,
    batch: Held[],
    stored: Stored,
    order: number,
    attempt: number,
    redelivered: number,
    hop: number,
  ): void {
    const held = new Held(claim, toMessage(stored, this.#arena), stored, order, attempt, redelivered, hop)
    claim.hold(held)
    batch.push(held)
  }
}

export function remove<Item>(items: Item[], item: Item): void {
  const at = items.indexOf(item)
  if (at >= 0) items.splice(at, 1)
}
