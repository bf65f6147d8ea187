import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isRole, type Role, roles } from '../demo/roles.ts'
import { type Sabotage, sabotages } from '../demo/sabotage.ts'
import { type StartableBroker, startableBrokers } from '../demo/start-broker.ts'

export interface CliOptions {
  readonly help: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly orders: string
  readonly products: string
  readonly folder: string | undefined
  readonly broker: Broker
  /** Decides which process is killed, and when. */
  readonly seed: number
  /** The one to kill; undefined: the seed's choice. */
  readonly kill: Role | 'none' | undefined
  readonly sabotage: Sabotage | undefined
}

/** In memory everything runs in one process; on a server each part in its own. */
type Broker =
  | { readonly kind: 'memory' }
  | { readonly kind: 'start'; readonly name: StartableBroker }
  | { readonly kind: 'url'; readonly url: string }

/** The command line says something that can't be done; the message says what can. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** A broker that the library is made for, and that this demo can't run on yet. */
export class BrokerNotAvailableError extends UsageError {
  override readonly name = 'BrokerNotAvailableError'
}

const brokers = ['memory', ...startableBrokers].join(', ')

export const help = `Runs a shop of four services: 1,000 orders, paid, packed and accounted for by events.

npm run demo -- [options]

  --orders FILE     orders of your own, one JSON object a line (see examples/shop/README.md)
  --products FILE   the products that they order, with prices and stock
  --broker NAME     ${brokers}. In memory (default) all of the shop is one process. Any other is a real server: each
                    service and each relay is a process of its own then, and one of them is killed on the way
  --url URL         a server that runs already, instead of one that is started: kafka://127.0.0.1:9092
  --seed NUMBER     which process is killed, and when (default: another one each time)
  --kill NAME       the process to kill: ${roles.join(', ')},
                    or none
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
    broker: brokerOf(values),
    seed: seedOf(values.seed),
    kill: killOf(values.kill),
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
        broker: { type: 'string' },
        url: { type: 'string' },
        seed: { type: 'string' },
        kill: { type: 'string' },
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

function brokerOf({ broker, url }: { readonly broker?: string; readonly url?: string }): Broker {
  if (url !== undefined) return { kind: 'url', url: serverUrl(url, broker) }
  if (broker === undefined || broker === 'memory') return { kind: 'memory' }
  const name = startableBrokers.find((known) => known === broker)
  if (name !== undefined) return { kind: 'start', name }
  if (['rabbitmq', 'sqs', 'redis'].includes(broker)) {
    throw new BrokerNotAvailableError(`The demo does not run on ${broker} yet: so far there are ${brokers}.`)
  }
  throw new UsageError(`There is no broker ${JSON.stringify(broker)}: so far there are ${brokers}.`)
}

/** Its scheme says which broker; no message repeats it, for it may hold a password. */
function serverUrl(url: string, broker: string | undefined): string {
  if (broker === 'memory' || /^memory:/i.test(url))
    throw new UsageError('--url is of a server: a broker in memory is no other process.')
  return url
}

function seedOf(seed: string | undefined): number {
  if (seed === undefined) return Math.floor(Math.random() * 1_000_000)
  if (/^\d{1,15}$/.test(seed)) return Number(seed)
  throw new UsageError('--seed is a whole number.')
}

function killOf(name: string | undefined): Role | 'none' | undefined {
  if (name === undefined || name === 'none' || isRole(name)) return name
  throw new UsageError(`--kill is one of ${roles.join(', ')}, none.`)
}

function sabotageOf(name: string | undefined): Sabotage | undefined {
  if (name === undefined) return undefined
  if (Object.hasOwn(sabotages, name)) return name as Sabotage
  throw new UsageError(`Sabotage is one of ${Object.keys(sabotages).join(', ')}.`)
}
