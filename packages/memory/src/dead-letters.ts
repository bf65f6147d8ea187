import { BrokerError, type DeadLetter, type DeadLetters } from '@eventspine/core/transport'
import type { Letter } from './broker/letters.ts'
import type { Link } from './link.ts'

type Match = (letter: DeadLetter) => boolean

/** The dead letters of one group, through one transport. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #link: Link
  readonly #group: string

  constructor(link: Link, group: string) {
    this.#link = link
    this.#group = group
  }

  async count(): Promise<number> {
    await this.#link.reached()
    return this.#letters.free.length
  }

  async *browse(options: { limit?: number; match?: Match } = {}): AsyncGenerator<DeadLetter, void, undefined> {
    await this.#link.reached()
    const letters = this.#letters
    const snapshot = letters.free
    const locks = this.#link.broker.capabilities.deadLetterPeek === 'locks'
    for (const letter of snapshot) letter.locked = locks
    try {
      let left = options.limit ?? Number.POSITIVE_INFINITY
      for (const letter of snapshot) {
        if (left <= 0) return
        const shown = letters.show(letter)
        if (options.match?.(shown) === false) continue
        left--
        yield shown
      }
    } finally {
      for (const letter of snapshot) letter.locked = false
    }
  }

  async replay(match: Match): Promise<number> {
    await this.#link.reached()
    const { broker } = this.#link
    const group = broker.groups.get(this.#group)
    const matching = this.#matching(match)
    if (matching.length === 0) return 0
    if (group === undefined) throw new BrokerError(`No group ${this.#group}: its dead letters have nowhere to go`)
    const replayed = matching.filter(({ stored, log, hop }) => {
      const cursor = group.cursor(log)
      cursor?.putBack([{ stored, order: cursor.orderOfReplay, attempt: 1, redelivered: 0, hop: hop + 1 }])
      return cursor !== undefined
    })
    this.#letters.remove(replayed)
    group.wake()
    broker.changed()
    return replayed.length
  }

  async discard(match: Match): Promise<number> {
    await this.#link.reached()
    const matching = this.#matching(match)
    this.#letters.discard(matching)
    this.#link.broker.changed()
    return matching.length
  }

  async purge(): Promise<void> {
    await this.discard(() => true)
  }

  get #letters() {
    return this.#link.broker.lettersOf(this.#group)
  }

  #matching(match: Match): Letter[] {
    const letters = this.#letters
    return letters.free.filter((letter) => match(letters.show(letter)))
  }
}
