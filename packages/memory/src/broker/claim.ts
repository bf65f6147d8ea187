import { maxHeld } from '@eventspine/core/transport'
import type { Cursor } from './cursor.ts'
import { Held } from './held.ts'
import type { Member } from './member.ts'
import { bytesOf, type Entry } from './stored.ts'

/**
 * A member's hold on a partition, and the fence: once it is over, no settlement of what it yielded changes anything. In an
 * ordered group a partition has one, in others one for each member.
 */
export class Claim {
  readonly cursor: Cursor
  readonly member: Member
  /** Somebody else shall have the partition: it yields nothing more and goes when everything is settled. */
  draining = false
  over = false
  /** Bookkeeping of one `settle` call. */
  touched = false
  unsettled = 0
  #bytes = 0
  /** In the order of yielding; settled ones are swept out now and then. */
  #held: Held[] = []
  readonly #lease = new AbortController()

  constructor(cursor: Cursor, member: Member) {
    this.cursor = cursor
    this.member = member
  }

  get lease(): AbortSignal {
    return this.#lease.signal
  }

  get full(): boolean {
    return this.unsettled >= maxHeld.messages || this.#bytes >= maxHeld.bytes
  }

  get held(): readonly Held[] {
    return this.#held.filter(isUnsettled)
  }

  hold(held: Held): void {
    this.#held.push(held)
    this.unsettled++
    this.#bytes += bytesOf(Held.stored(held))
  }

  settle(held: Held): void {
    Held.settle(held)
    this.unsettled--
    this.#bytes -= bytesOf(Held.stored(held))
    if (this.unsettled === 0) this.#held = []
    else if (this.#held.length > 2 * this.unsettled + 64) this.#held = this.#held.filter(isUnsettled)
  }

  /** Fences, tells the holder, and gives back what nobody has settled: in this order. */
  end(): Entry[] {
    const returned = this.held.map(Held.returned)
    this.over = true
    this.#held = []
    this.unsettled = 0
    if (returned.length > 0) this.#lease.abort(new DOMException('The lease is over', 'AbortError'))
    return returned
  }
}

const isUnsettled = (held: Held): boolean => Held.answer(held) === undefined
