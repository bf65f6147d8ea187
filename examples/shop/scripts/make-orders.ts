import { readFileSync, writeFileSync } from 'node:fs'
import { makeOrders, toJsonLines } from './orders.ts'

/** Writes `orders.jsonl` anew: the same for the same list of products. */
const here = new URL('../', import.meta.url)
const products = JSON.parse(readFileSync(new URL('products.json', here), 'utf8')) as { readonly sku: string }[]
writeFileSync(new URL('orders.jsonl', here), toJsonLines(makeOrders(products.map(({ sku }) => sku))))
