import { isEventspineError, type Logger } from '@eventspine/core'
import { count, shown } from '../demo/format.ts'
import { ProcessFailedError } from '../demo/processes/process-failed-error.ts'
import { type DemoResult, runDemo } from '../demo/run-demo.ts'
import { ProductsError, readProducts } from '../intake/products.ts'
import { type CliOptions, help, readOptions, UsageError } from './options.ts'
import { createProgress, type ProgressDisplay } from './progress.ts'
import { report } from './report.ts'
import { type Stage, setStage } from './stage.ts'

interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }
const shownRefusals = 10

/**
 * Resolves to the exit code: 0 when all invariants hold, 1 when one doesn't, a process failed or no order could be placed, 2
 * for what can't be run, 130 when interrupted.
 */
export async function runCli(args: readonly string[], streams: Streams, signal: AbortSignal): Promise<number> {
  try {
    const options = readOptions(args)
    if (!options.help) return await demo(options, streams, signal)
    streams.stdout.write(help)
    return 0
  } catch (error) {
    if (error instanceof ProcessFailedError) {
      streams.stderr.write(`${shown(error.message)}\n${lines(error.stderr)}`)
      return 1
    }
    if (!isUsersAffair(error)) throw error
    streams.stderr.write(lines(error.message))
    return 2
  }
}

async function demo(options: CliOptions, { stdout, stderr }: Streams, signal: AbortSignal): Promise<number> {
  const products = readProducts(options.products)
  const progress = createProgress(stdout, options)
  const stage = await setStage(options, { onNote: progress.say, stderr })
  try {
    const result = await run(options, stage, { products, progress, signal })
    if (signal.aborted) return 130
    stdout.write(`\n${report(result, stage.setting)}`)
    return result.placed > 0 && result.invariants.every(({ holds }) => holds) ? 0 : 1
  } finally {
    await stage.close()
  }
}

interface Running {
  readonly products: ReturnType<typeof readProducts>
  readonly progress: ProgressDisplay
  readonly signal: AbortSignal
}

async function run(options: CliOptions, stage: Stage, { products, progress, signal }: Running): Promise<DemoResult> {
  const { orders: ordersFile, folder, sabotage } = options
  const refusals = new Refusals(progress)
  try {
    const result = await runDemo({
      transport: stage.transport,
      open: stage.open,
      patience: stage.patience,
      ordersFile,
      products,
      folder,
      sabotage,
      ...(!options.verbose && { logger: silent }),
      onRefused: refusals.add,
      onProgress: progress.show,
      signal,
    })
    refusals.end()
    return result
  } finally {
    progress.end()
  }
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

/** A broker that isn't there, a package that is missing, a file that can't be read: their messages say what to do. */
const isUsersAffair = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof ProductsError ||
  isEventspineError(error) ||
  (error instanceof Error && /^Server\w+Error$/.test(error.name))

const lines = (text: string): string =>
  text
    .split('\n')
    .map((line) => `${shown(line, 400)}\n`)
    .join('')
