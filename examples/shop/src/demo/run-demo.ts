import { statSync } from 'node:fs'
import { type Bus, type BusOptions, createBus } from '@eventspine/core'
import { type IntakeCounts, placeOrders } from '../intake/place-orders.ts'
import type { Product } from '../intake/products.ts'
import { orderSource } from '../services/order/service.ts'
import type { Invariant } from './audit.ts'
import { type FoundLetter, findDeadLetters } from './dead-letters.ts'
import { publishMalformedOrder, repeatOrders } from './faults.ts'
import { createShopFiles, quickestFolder, type ShopFiles } from './files.ts'
import { Inspector } from './inspector.ts'
import type { ServiceFigures } from './meter.ts'
import { commitSabotage, type Sabotage } from './sabotage.ts'
import { settle } from './settle.ts'
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

const progressEveryMs = 50

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
  const { signal, sabotage, products, ordersFile: file, onRefused } = options
  const counts: IntakeCounts = { placed: 0, refused: 0, read: 0 }
  const malformed = await publishMalformedOrder(office)
  const inspector = new Inspector({ files, products, bus: office, malformed })
  const stopProgress = watchProgress(options, counts, shop)
  const started = performance.now()
  try {
    await placeOrders({ file, orders: shop.orders, counts, onRefused, signal })
    let invariants = await settle({ inspect: inspector.inspect, signal })
    const elapsedMs = performance.now() - started
    if (sabotage !== undefined) {
      commitSabotage(sabotage, files)
      invariants = await inspector.inspect()
    }
    const deadLetters = await findDeadLetters(office)
    return { figures: shop.figures(), invariants, deadLetters, ...counts, elapsedMs, folder: files.folder }
  } finally {
    stopProgress()
    await inspector.close()
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
