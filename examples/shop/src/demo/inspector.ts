import type { Bus } from '@eventspine/core'
import type { Product } from '../intake/products.ts'
import { Auditor, type Invariant } from './audit.ts'
import { findDeadLetters } from './dead-letters.ts'
import { readersOfOrders } from './faults.ts'
import type { ShopFiles } from './files.ts'
import { count } from './format.ts'
import { Outboxes } from './outboxes.ts'

interface InspectorOptions {
  readonly files: ShopFiles
  readonly products: readonly Product[]
  readonly bus: Bus
  /** The id of the event that nobody can read. */
  readonly malformed: string
}

/** Books, outboxes and dead letters together: all that must hold at the end. */
export class Inspector {
  readonly #options: InspectorOptions
  readonly #auditor: Auditor
  readonly #outboxes: Outboxes

  constructor(options: InspectorOptions) {
    this.#options = options
    this.#auditor = new Auditor(options.files, options.products)
    this.#outboxes = new Outboxes(options.files)
  }

  inspect = async (): Promise<Invariant[]> => {
    return [...this.#auditor.audit(), await this.#relayed(), await this.#deadLetters()]
  }

  async close(): Promise<void> {
    this.#auditor.close()
    await this.#outboxes.close()
  }

  async #relayed(): Promise<Invariant> {
    const { relayed, waiting } = await this.#outboxes.read()
    const arrived = this.#auditor.countEvents()
    return {
      name: 'every event that was committed has been relayed, and has arrived',
      holds: waiting === 0 && relayed === arrived,
      shows: `${count(relayed)} relayed, ${count(waiting)} waiting, ${count(arrived)} arrived`,
    }
  }

  async #deadLetters(): Promise<Invariant> {
    const { bus, malformed } = this.#options
    const found = await findDeadLetters(bus)
    const meant = found.filter(({ id }) => id === malformed)
    const everywhere = readersOfOrders.every((group) => meant.some((letter) => letter.group === group))
    return {
      name: 'the malformed event, and nothing else, is a dead letter of each group that reads its type',
      holds: everywhere && meant.length === readersOfOrders.length && found.length === meant.length,
      shows: `${count(found.length)} dead letters, ${count(meant.length)} of them the malformed event; ${count(readersOfOrders.length)} groups read its type`,
    }
  }
}
