import type { Logger } from '@eventspine/core'
import { count, shown } from '../demo/format.ts'
import { openShop } from '../demo/open-shop.ts'
import { runDemo } from '../demo/run-demo.ts'
import { ProductsError, readProducts } from '../intake/products.ts'
import { type CliOptions, help, readOptions, UsageError } from './options.ts'
import { createProgress, type ProgressDisplay } from './progress.ts'
import { report } from './report.ts'

interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }
const shownRefusals = 10

/**
 * Resolves to the exit code: 0 when all invariants hold, 1 when one doesn't or no order could be placed, 2 for what can't be
 * run, 130 when interrupted.
 */
export async function runCli(args: readonly string[], streams: Streams, signal: AbortSignal): Promise<number> {
  try {
    const options = readOptions(args)
    if (!options.help) return await demo(options, streams, signal)
    streams.stdout.write(help)
    return 0
  } catch (error) {
    if (!isUsersAffair(error)) throw error
    streams.stderr.write(`${shown(error.message, 400)}\n`)
    return 2
  }
}

async function demo(options: CliOptions, { stdout }: Streams, signal: AbortSignal): Promise<number> {
  const progress = createProgress(stdout, options)
  const refusals = new Refusals(progress)
  const { orders: ordersFile, transport, folder, sabotage } = options
  const result = await runDemo({
    transport,
    open: openShop,
    ordersFile,
    products: readProducts(options.products),
    folder,
    sabotage,
    ...(!options.verbose && { logger: silent }),
    onRefused: refusals.add,
    onProgress: progress.show,
    signal,
  })
  refusals.end()
  progress.end()
  if (signal.aborted) return 130
  stdout.write(`\n${report(result)}`)
  return result.placed > 0 && result.invariants.every(({ holds }) => holds) ? 0 : 1
}

/** The first few with their reason, the rest as a number. */
class Refusals {
  readonly #progress: ProgressDisplay
  #count = 0

  constructor(progress: ProgressDisplay) {
    this.#progress = progress
  }

  add = (line: number, reason: string): void => {
    if (++this.#count <= shownRefusals) this.#progress.say(`line ${line}: ${shown(reason)}`)
  }

  end(): void {
    const more = this.#count - shownRefusals
    if (more > 0) this.#progress.say(`and ${count(more)} more`)
  }
}

const isUsersAffair = (error: unknown): error is Error => error instanceof UsageError || error instanceof ProductsError
