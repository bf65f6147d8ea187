import type { Capabilities } from '../../transport/capabilities.ts'
import { type Clause, chosen } from './clause.ts'
import { families } from './clauses/index.ts'
import { explain } from './explain.ts'
import type { BrokerControl, TransportHarness } from './harness.ts'
import type { TestRunner } from './runner.ts'
import { Scene } from './scene.ts'

export interface SuiteOptions {
  /** Each test runs so many copies of its clause at once; 1 by default. */
  readonly stress?: number
  /** Messages that stand for a long backlog (C38): 100,000 by default, 1,000,000 is the full run. */
  readonly backlog?: number
  /** Replays a failure: the seed that it printed. */
  readonly seed?: number
  /** The longest that one clause may take; two minutes by default. */
  readonly limitMs?: number
}

/**
 * The conformance suite: registers a test for each clause of the transport contract with the runner.
 *
 * It connects once, first, to read the capabilities of this server; each of them decides which side of a clause is shown
 * (a start position that the server can't give must be refused, and so on), so no server runs fewer tests than another.
 *
 * ```ts
 * import { afterAll, describe, it } from 'vitest'
 * await testTransport({ describe, it, afterAll }, harness)
 * ```
 */
export async function testTransport(
  runner: TestRunner,
  harness: TransportHarness,
  options: SuiteOptions = {},
): Promise<void> {
  const capabilities = await readCapabilities(harness)
  const shared = options.stress === undefined ? harness : sharingRestarts(harness)
  const limitMs = options.limitMs ?? 120_000
  const copies = options.stress ?? 1

  runner.describe(`the ${harness.name} transport`, () => {
    for (const family of families) {
      runner.describe(family.title, () => {
        for (const clause of family.clauses) {
          const { title, run } = chosen(clause, capabilities)
          const play = (): Promise<void> => runClause({ clause, run, harness: shared, capabilities, limitMs, options })
          const name = copies === 1 ? `${clause.id} ${title}` : `${clause.id} ${title}, ${copies} times at once`
          runner.it(name, () => all(Array.from({ length: copies }, play)), limitMs + graceMs + teardownMs)
        }
      })
    }
    if (harness.close !== undefined) runner.afterAll?.(() => harness.close?.() ?? Promise.resolve())
  })
}

const teardownMs = 20_000

async function readCapabilities(harness: TransportHarness): Promise<Capabilities> {
  const member = await harness.connect({ isolated: false })
  await member.dispose()
  return member.capabilities
}

interface Play {
  readonly clause: Clause
  readonly run: Clause['run']
  readonly harness: TransportHarness
  readonly capabilities: Capabilities
  readonly limitMs: number
  readonly options: SuiteOptions
}

/** Runs one side of a clause on a stage of its own, within its time, and clears up after it. */
async function runClause({ clause, run, harness, capabilities, limitMs, options }: Play): Promise<void> {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const prefix = `${clause.id.toLowerCase()}-${Math.random().toString(36).slice(2, 10)}`
  const limit = new AbortController()
  const backlog = options.backlog ?? 100_000
  const scene = new Scene({ harness, capabilities, prefix, seed, backlog, signal: limit.signal })
  try {
    await limited(run(scene), limitMs, limit)
  } catch (error) {
    throw explain(error, scene.describe())
  } finally {
    limit.abort()
    await within(teardownMs, scene.dispose(), `the members did not close within ${teardownMs} ms`)
  }
}

/** When its time is up, a clause that waits for something fails with that; one that hangs is left behind. */
async function limited(running: Promise<void>, limitMs: number, limit: AbortController): Promise<void> {
  const timer = setTimeout(() => limit.abort(), limitMs)
  try {
    await within(limitMs + graceMs, running, `the clause did not end within ${limitMs} ms`)
  } finally {
    clearTimeout(timer)
  }
}

const graceMs = 500

async function within(limitMs: number, work: Promise<void>, complaint: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), limitMs)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for every copy before it fails, so that none runs on into the next test. */
async function all(copies: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(copies)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Copies that ask for a restart while one is under way share the next one. */
function sharingRestarts(harness: TransportHarness): TransportHarness {
  const { name, timing, broker, handoverDuplicates = false, sharesByPartition = false } = harness
  let current: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const restart = (): Promise<void> => {
    next ??= current.then(() => {
      current = next as Promise<void>
      next = undefined
      return broker.restart()
    })
    return next
  }
  const shared: BrokerControl = {
    restart,
    revoke: (group) => broker.revoke(group),
    breakDeadLetters: (group) => broker.breakDeadLetters(group),
    mendDeadLetters: (group) => broker.mendDeadLetters(group),
  }
  const connect: TransportHarness['connect'] = (options) => harness.connect(options)
  return { name, timing, broker: shared, handoverDuplicates, sharesByPartition, connect }
}
