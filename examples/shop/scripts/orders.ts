import { customers } from './customers.ts'

interface Order {
  readonly orderId: string
  readonly customer: string
  readonly card: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

const count = 1_000
const cards = ['visa', 'mastercard', 'amex', 'jcb', 'elo', 'rupay']
const scarce = 'LIM-KINTSUGI'
const machine = 'COF-MACHINE'
const sticker = 'STK-LOGO'

/**
 * The same for ever. Most orders go well; some cards are declined, some totals are beyond what a card may be charged, and
 * some things are wanted that there isn't enough of.
 */
export function makeOrders(skus: readonly string[]): Order[] {
  const random = mulberry32(20_260_101)
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const pick = <Item>(items: readonly Item[]): Item => items[upTo(items.length)] as Item
  const usual = skus.filter((sku) => ![scarce, machine, sticker].includes(sku))

  const basket = (): Map<string, number> => {
    const lines = new Map<string, number>()
    for (let left = 2 + upTo(4); left > 0; left--) lines.set(pick(usual), random() < 0.7 ? 1 : 2 + upTo(2))
    return lines
  }

  return Array.from({ length: count }, (_, index) => {
    const number = index + 1
    const lines = basket()
    // The numbers have no common factor: now and then an order has two troubles at once.
    if (number % 17 === 0) lines.set(scarce, 1)
    if (number % 47 === 0) lines.set(machine, 5)
    if (number % 53 === 0) lines.set(sticker, 500 + upTo(500))
    const brand = number % 31 === 0 ? 'declined' : pick(cards)
    return {
      orderId: `o-${String(number).padStart(4, '0')}`,
      customer: pick(customers),
      card: `tok_${brand}_${String(1_000 + upTo(9_000))}`,
      lines: [...lines].map(([sku, quantity]) => ({ sku, quantity })),
    }
  })
}

export const toJsonLines = (orders: readonly Order[]): string =>
  orders.map((order) => `${JSON.stringify(order)}\n`).join('')

/** A small generator of good numbers: a seed fixes the sequence on every platform. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
