import { statSync } from 'node:fs'
import { type Bus, type BusOptions, createBus } from '@eventspine/core'
import { type IntakeCounts, placeOrders } from '../intake/place-orders.ts'
import type { Product } from '../intake/products.ts'
import { orderSource } from '../services/order/service.ts'
import type { Invariant } from './audit.ts'
import type { FoundLetter } from './dead-letters.ts'
import { publishMalformedOrder } from './faults.ts'
import { figuresOf, type ServiceFigures } from './figures.ts'
import { createShopFiles, quickestFolder, type ShopFiles } from './files.ts'
import { Inspector } from './inspector.ts'
import { commitSabotage, type Sabotage } from './sabotage.ts'
import { type Patience, settle } from './settle.ts'
import type { OpenShop, Shop } from './shop.ts'

export interface DemoOptions extends Pick<BusOptions, 'transport' | 'logger'> {
  /** Where its services and relays run. */
  readonly open: OpenShop
  readonly ordersFile: string
  readonly products: readonly Product[]
  /** For the services' databases. Default: where it goes fastest. */
  readonly folder?: string | undefined
  readonly sabotage?: Sabotage | undefined
  /** How long what moves no more is waited for. Default: some seconds. */
  readonly patience?: Patience | undefined
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
  const { transport, logger, ordersFile, products, open } = options
  const wiring = { transport, ...(logger && { logger }) }
  const office = await createBus({ source: orderSource, ...wiring })
  const files = createShopFiles(options.folder ?? quickestFolder(spaceFor(ordersFile)))
  try {
    await office.start()
    const shop = await open({ ...wiring, files, products, office })
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
  const { sabotage, products, patience } = options
  const signal = AbortSignal.any([options.signal, ...(shop.broken ? [shop.broken] : [])])
  const counts: IntakeCounts = { placed: 0, refused: 0, read: 0 }
  const since = Date.now()
  const malformed = await publishMalformedOrder(office)
  const inspector = new Inspector({ files, products, bus: office, malformed, since })
  const stopProgress = watchProgress(options, counts, shop)
  const started = performance.now()
  try {
    await receive(options, counts, shop, signal)
    await settle({ inspect: inspector.inspectBooks, signal, ...patience })
    const letters = await settle({ inspect: inspector.inspectDeadLetters, signal, ...patience })
    const elapsedMs = performance.now() - started
    if (sabotage !== undefined) commitSabotage(sabotage, files)
    const invariants = [...(await inspector.inspectBooks()), ...letters]
    shop.broken?.throwIfAborted()
    const figures = figuresOf(shop.meters, await inspector.sumOutboxes(), inspector.letters)
    return { figures, invariants, deadLetters: inspector.letters, ...counts, elapsedMs, folder: files.folder }
  } finally {
    stopProgress()
    await inspector.close()
  }
}

/** Lets the customers in, one after the other. */
async function receive(options: DemoOptions, counts: IntakeCounts, shop: Shop, signal: AbortSignal): Promise<void> {
  const { ordersFile: file, onRefused } = options
  const size = sizeOf(file)
  const onRead = (bytes: number): void => shop.pass?.(bytes / size)
  try {
    await placeOrders({ file, orders: shop.orders, counts, onRefused, onRead, signal })
    onRead(size)
  } catch (error) {
    shop.broken?.throwIfAborted()
    throw error
  }
}

function watchProgress({ ordersFile, onProgress }: DemoOptions, counts: IntakeCounts, { orders }: Shop): () => void {
  const size = sizeOf(ordersFile)
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

const sizeOf = (file: string): number => Math.max(1, statSync(file).size)

/** All databases with their logs, generously. */
const spaceFor = (ordersFile: string): number => 32 * 1_048_576 + 50 * statSync(ordersFile).size
