import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Sabotage, sabotages } from '../demo/sabotage.ts'

export interface CliOptions {
  readonly help: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly orders: string
  readonly products: string
  readonly folder: string | undefined
  readonly transport: string
  readonly sabotage: Sabotage | undefined
}

/** The command line says something that can't be done; the message says what can. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** A broker that the library is made for, and that this demo can't run on yet. */
export class BrokerNotAvailableError extends UsageError {
  override readonly name = 'BrokerNotAvailableError'
}

export const help = `Runs a shop of four services: 1,000 orders, paid, packed and accounted for by events.

npm run demo -- [options]

  --orders FILE     orders of your own, one JSON object a line (see examples/shop/README.md)
  --products FILE   the products that they order, with prices and stock
  --broker NAME     memory (default)
  --folder DIR      where the services' databases lie while it runs (default: in memory, if the system has room there)
  --sabotage WHAT   break the books at the end, to see it found: ${Object.keys(sabotages).join(', ')}
  --quiet           no progress
  --verbose         print what the library logs
  --help            print this
`

const shop = new URL('../../', import.meta.url)
const inShop = (name: string): string => fileURLToPath(new URL(name, shop))

export function readOptions(args: readonly string[]): CliOptions {
  const values = parse(args)
  return {
    help: values.help,
    quiet: values.quiet,
    verbose: values.verbose,
    orders: existing(values.orders ?? inShop('orders.jsonl')),
    products: existing(values.products ?? inShop('products.json')),
    folder: folderOf(values.folder),
    transport: transportOf(values.broker),
    sabotage: sabotageOf(values.sabotage),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        orders: { type: 'string' },
        products: { type: 'string' },
        broker: { type: 'string', default: 'memory' },
        folder: { type: 'string' },
        sabotage: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : 'The options can not be read.', { cause })
  }
}

function existing(file: string): string {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file
  throw new UsageError(`There is no file ${file}`)
}

function folderOf(folder: string | undefined): string | undefined {
  if (folder === undefined || statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder
  throw new UsageError(`There is no folder ${folder}`)
}

function transportOf(broker: string): string {
  // A name of its own, so that two demos in one process don't meet.
  if (broker === 'memory') return `memory:shop-${crypto.randomUUID()}`
  if (['kafka', 'rabbitmq', 'sqs', 'redis'].includes(broker)) {
    throw new BrokerNotAvailableError(`The demo does not run on ${broker} yet: so far there is --broker memory.`)
  }
  throw new UsageError(`There is no broker ${JSON.stringify(broker)}: so far there is --broker memory.`)
}

function sabotageOf(name: string | undefined): Sabotage | undefined {
  if (name === undefined) return undefined
  if (Object.hasOwn(sabotages, name)) return name as Sabotage
  throw new UsageError(`Sabotage is one of ${Object.keys(sabotages).join(', ')}.`)
}
