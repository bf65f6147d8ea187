import type { GroupSpec, StartAt } from '@eventspine/core/transport'
import type { Arena } from '../mapper.ts'
import { balance } from './balance.ts'
import { Cursor, remove } from './cursor.ts'
import type { Log } from './log.ts'
import type { Member } from './member.ts'
import type { Stored } from './stored.ts'
import type { Topic } from './topic.ts'

/** Where new groups begin, and what their deliveries are copied into. */
export interface GroupHost {
  readonly history: boolean
  readonly arena: Arena
}

export class Group {
  readonly name: string
  readonly ordered: boolean
  readonly members: Member[] = []
  /** Members that ask for deliveries and have none. */
  waiting = 0
  /** Retries that are not due. */
  readonly delayed = new Set<Stored>()
  /** Deleted under its members. */
  gone = false
  readonly #host: GroupHost
  readonly #cursors = new Map<Log, Cursor>()
  readonly #topics = new Map<string, Topic>()
  #turn = 0

  constructor(spec: GroupSpec, host: GroupHost) {
    this.name = spec.name
    this.ordered = spec.ordered
    this.#host = host
  }

  get cursors(): Iterable<Cursor> {
    return this.#cursors.values()
  }

  get topics(): Iterable<string> {
    return this.#topics.keys()
  }

  cursor(log: Log): Cursor | undefined {
    return this.#cursors.get(log)
  }

  reads(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** A topic that it reads already keeps its position. */
  addTopic(topic: Topic, startAt: StartAt): void {
    if (this.#topics.has(topic.name)) return
    this.#topics.set(topic.name, topic)
    topic.groups.push(this)
    for (const log of topic.logs) {
      const fromStart = startAt !== 'latest' && this.#host.history
      this.#cursors.set(log, new Cursor(log, fromStart ? log.start : log.end, this.#host.arena))
    }
  }

  delete(): void {
    this.gone = true
    for (const topic of this.#topics.values()) remove(topic.groups, this)
    for (const cursor of this.#cursors.values()) cursor.log.readers.delete(cursor)
  }

  join(member: Member): void {
    this.members.push(member)
    this.#share(member)
  }

  leave(member: Member): void {
    remove(this.members, member)
    this.takeBack(member)
    this.rebalance()
  }

  /** Every claim of the member is over; as long as it is a member it gets its share again. */
  takeBack(member: Member): void {
    for (const claim of [...member.claims]) claim.cursor.unclaim(claim)
  }

  #share(member: Member): void {
    if (!this.ordered) {
      for (const cursor of this.#cursors.values()) if (member.reads(cursor.log.topic)) cursor.claim(member)
    }
    this.rebalance()
  }

  /** Gives back what `takeBack` took. */
  shareAgain(member: Member): void {
    if (this.members.includes(member)) this.#share(member)
  }

  rebalance(): void {
    if (this.ordered) this.#assign()
    this.wake()
  }

  #assign(): void {
    const cursors = [...this.#cursors.values()]
    const sharing = this.members.filter((member) => member.sharing)
    const owners = balance(
      cursors.map((cursor) => ({
        owner: cursor.heir ?? cursor.claims[0]?.member,
        eligible: sharing.filter((member) => member.reads(cursor.log.topic)),
      })),
    )
    cursors.forEach((cursor, at) => {
      this.#hand(cursor, owners[at])
    })
  }

  #hand(cursor: Cursor, owner: Member | undefined): void {
    const claim = cursor.claims[0]
    cursor.heir = claim === undefined || claim.member === owner ? undefined : owner
    if (claim === undefined) {
      if (owner !== undefined) cursor.claim(owner)
      return
    }
    claim.draining = claim.member !== owner
    this.passOn(cursor)
  }

  /** A drained claim goes to the heir, whom the caller wakes. */
  passOn(cursor: Cursor): void {
    const claim = cursor.claims[0]
    if (claim === undefined || !claim.draining || claim.unsettled > 0) return
    const { heir } = cursor
    cursor.unclaim(claim)
    cursor.heir = undefined
    if (heir?.sharing) cursor.claim(heir)
  }

  /** Serves whoever waits, beginning with another one each time. */
  wake(): void {
    if (this.waiting === 0) return
    const members = [...this.members]
    const first = this.#turn++
    for (let i = 0; i < members.length; i++) members[(first + i) % members.length]?.serve()
  }

  /** How many a member of an unordered group may take, so that those who wait beside it get some. */
  get fairShare(): number {
    if (this.ordered || this.waiting < 2) return Number.POSITIVE_INFINITY
    let ready = 0
    for (const cursor of this.#cursors.values()) ready += cursor.ready
    return Math.ceil(ready / this.waiting)
  }
}
