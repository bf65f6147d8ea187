import { statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type Bus, type BusOptions, createBus } from '@eventspine/core'
import { type IntakeCounts, placeOrders } from '../intake/place-orders.ts'
import type { Product } from '../intake/products.ts'
import { orderSource } from '../services/order/service.ts'
import { Auditor, type Invariant } from './audit.ts'
import { type FoundLetter, findDeadLetters } from './dead-letters.ts'
import { publishMalformedOrder, readersOfOrders, repeatOrders } from './faults.ts'
import { createShopFiles, quickestFolder, type ShopFiles } from './files.ts'
import { count } from './format.ts'
import type { ServiceFigures } from './meter.ts'
import { Outboxes } from './outboxes.ts'
import { commitSabotage, type Sabotage } from './sabotage.ts'
import { openShop, type Shop } from './shop.ts'

export interface DemoOptions extends Pick<BusOptions, 'transport' | 'logger'> {
  readonly ordersFile: string
  readonly products: readonly Product[]
  /** For the services' databases. Default: where it goes fastest. */
  readonly folder?: string | undefined
  readonly sabotage?: Sabotage | undefined
  readonly onRefused: (line: number, reason: string) => void
  readonly onProgress: (progress: Progress) => void
  readonly signal: AbortSignal
}

export interface Progress {
  /** 0 to 1. */
  readonly done: number
  readonly placed: number
  readonly finished: number
}

export interface DemoResult {
  readonly figures: readonly ServiceFigures[]
  readonly invariants: readonly Invariant[]
  readonly deadLetters: readonly FoundLetter[]
  readonly placed: number
  readonly refused: number
  readonly elapsedMs: number
  readonly folder: string
}

/** How long nothing may move before what doesn't hold is taken not to hold. */
const patienceMs = 4_000
const progressEveryMs = 50
const groups = ['order', 'payment', 'inventory', 'journal']

/** Opens the shop, lets the orders in, waits until all has come to rest, and looks whether the books agree. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { transport, logger, ordersFile, products } = options
  const wiring = { transport, ...(logger && { logger }) }
  const files = createShopFiles(options.folder ?? quickestFolder(spaceFor(ordersFile)))
  const office = await createBus({ source: orderSource, ...wiring })
  try {
    await office.start()
    const shop = await openShop({ ...wiring, files, products, fault: repeatOrders(office) })
    try {
      return await trade(options, files, shop, office)
    } finally {
      await shop.stop()
    }
  } finally {
    await office.stop()
    files.remove()
  }
}

async function trade(options: DemoOptions, files: ShopFiles, shop: Shop, office: Bus): Promise<DemoResult> {
  const { signal, sabotage, ordersFile: file, onRefused } = options
  const counts: IntakeCounts = { placed: 0, refused: 0, read: 0 }
  const started = performance.now()
  const stopProgress = watchProgress(options, counts, shop)
  const inspector = new Inspector(files, options.products, office)
  try {
    inspector.malformed = await publishMalformedOrder(office)
    await placeOrders({ file, orders: shop.orders, counts, onRefused, signal })
    if (sabotage !== undefined) commitSabotage(sabotage, files)
    const invariants = await settle(() => inspector.inspect(), signal)
    const elapsedMs = performance.now() - started
    const deadLetters = await findDeadLetters(office, groups)
    return { figures: shop.figures(), invariants, deadLetters, ...counts, elapsedMs, folder: files.folder }
  } finally {
    stopProgress()
    await inspector.close()
  }
}

class Inspector {
  malformed = ''
  readonly #office: Bus
  readonly #auditor: Auditor
  readonly #outboxes: Outboxes

  constructor(files: ShopFiles, products: readonly Product[], office: Bus) {
    this.#office = office
    this.#auditor = new Auditor(files, products)
    this.#outboxes = new Outboxes(files)
  }

  async inspect(): Promise<Invariant[]> {
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
    const found = await findDeadLetters(this.#office, groups)
    const meant = found.filter(({ id }) => id === this.malformed)
    const everywhere = readersOfOrders.every((group) => meant.some((letter) => letter.group === group))
    return {
      name: 'the malformed event, and nothing else, is a dead letter of each group that reads its type',
      holds: everywhere && meant.length === readersOfOrders.length && found.length === meant.length,
      shows: `${count(found.length)} found, ${count(meant.length)} of them the malformed one; ${count(readersOfOrders.length)} groups`,
    }
  }
}

/** Until everything holds, or nothing moves any more. */
async function settle(inspect: () => Promise<Invariant[]>, signal: AbortSignal): Promise<Invariant[]> {
  let before = ''
  let movedAt = performance.now()
  for (;;) {
    const invariants = await inspect()
    if (signal.aborted || invariants.every(({ holds }) => holds)) return invariants
    const now = JSON.stringify(invariants)
    if (now !== before) movedAt = performance.now()
    else if (performance.now() - movedAt > patienceMs) return invariants
    before = now
    await pause(25)
  }
}

function watchProgress({ ordersFile, onProgress }: DemoOptions, counts: IntakeCounts, { orders }: Shop): () => void {
  const size = Math.max(1, statSync(ordersFile).size)
  const report = (): void => {
    const { placed, read } = counts
    const finished = placed - orders.countPending()
    onProgress({ done: (read / size) * (placed === 0 ? 1 : finished / placed), placed, finished })
  }
  const timer = setInterval(report, progressEveryMs)
  return () => {
    clearInterval(timer)
    report()
  }
}

/** All databases with their logs, generously. */
const spaceFor = (ordersFile: string): number => 32 * 1_048_576 + 50 * statSync(ordersFile).size
