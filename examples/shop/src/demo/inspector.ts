import type { Bus } from '@eventspine/core'
import type { Product } from '../intake/products.ts'
import { Auditor, type Invariant } from './audit.ts'
import { type FoundLetter, findDeadLetters } from './dead-letters.ts'
import { readersOfOrders } from './faults.ts'
import type { ShopFiles } from './files.ts'
import { count } from './format.ts'
import { Outboxes, type OutboxSums } from './outboxes.ts'

interface InspectorOptions {
  readonly files: ShopFiles
  readonly products: readonly Product[]
  readonly bus: Bus
  /** The id of the event that nobody can read. */
  readonly malformed: string
  /** Dead letters from before are somebody else's: epoch milliseconds. */
  readonly since: number
}

/** Books, outboxes and dead letters: all that must hold at the end. */
export class Inspector {
  readonly #options: InspectorOptions
  readonly #auditor: Auditor
  readonly #outboxes: Outboxes
  #letters: readonly FoundLetter[] = []

  constructor(options: InspectorOptions) {
    this.#options = options
    this.#auditor = new Auditor(options.files, options.products)
    this.#outboxes = new Outboxes(options.files)
  }

  /** The last that `inspectDeadLetters` saw. */
  get letters(): readonly FoundLetter[] {
    return this.#letters
  }

  sumOutboxes(): Promise<OutboxSums> {
    return this.#outboxes.read()
  }

  inspectBooks = async (): Promise<Invariant[]> => [...this.#auditor.audit(), await this.#relayed()]

  /** Asks the broker, which may take it a while. One that was killed over a dead letter may write it down twice. */
  inspectDeadLetters = async (): Promise<Invariant[]> => {
    const { bus, malformed, since } = this.#options
    const found = await findDeadLetters(bus, since)
    this.#letters = found
    const meant = found.filter(({ id }) => id === malformed)
    const groups = new Set(meant.map(({ group }) => group))
    const name = 'the malformed event, and nothing else, is a dead letter of each group that reads its type'
    const holds = readersOfOrders.every((group) => groups.has(group)) && groups.size === readersOfOrders.length
    const shows = `${count(found.length)} dead letters, ${count(meant.length)} of them the malformed event; ${count(readersOfOrders.length)} groups read its type`
    return [{ name, holds: holds && found.length === meant.length, shows }]
  }

  async close(): Promise<void> {
    this.#auditor.close()
    await this.#outboxes.close()
  }

  async #relayed(): Promise<Invariant> {
    const { relayed, waiting } = await this.#outboxes.read()
    const sent = Object.values(relayed).reduce((sum, events) => sum + events, 0)
    const arrived = this.#auditor.countEvents()
    return {
      name: 'every event that was committed has been relayed, and has arrived',
      holds: waiting === 0 && sent === arrived,
      shows: `${count(sent)} relayed, ${count(waiting)} waiting, ${count(arrived)} arrived`,
    }
  }
}
