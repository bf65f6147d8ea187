import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Handler, HandlerContext } from '../../../consumer/handler.ts'
import type { Event } from '../../../event/event.ts'
import { type Bar, breaches, check, type Sighting } from '../checker.ts'
import type { Scene } from '../scene.ts'
import type { Fact } from './facts.ts'

/** One run of a handler. */
export interface Run extends Sighting {
  readonly n: number
  readonly attempt: number
  readonly redelivered: number
  readonly event: Event<string, Fact>
  /** Name of the service. */
  readonly by: string
  state: 'running' | 'ended' | 'failed' | 'crashed'
}

export type Body = (run: Run, context: HandlerContext) => unknown

/** What a handler needs to know of the process that it runs in. */
export interface RunningProcess {
  readonly name: string
  readonly crashed: boolean
}

/** What the handlers of one group did, over all its services, in the order in which they were invoked. */
export class GroupRuns {
  readonly name: string
  readonly all: Run[] = []
  readonly #scene: Scene

  constructor(name: string, scene: Scene) {
    this.name = name
    this.#scene = scene
  }

  /** A handler of `process` that is recorded here. As in a killed process, nothing of it goes on after a crash. */
  handler(process: RunningProcess, body: Body = () => {}): Handler<string, Fact> {
    return async (event, context) => {
      if (process.crashed) return never()
      const run = this.#begin(event, context, process.name)
      const failure = await failureOf(() => body(run, context))
      if (process.crashed) {
        run.state = 'crashed'
        return never()
      }
      run.state = failure === undefined ? 'ended' : 'failed'
      if (failure !== undefined) throw failure.error
    }
  }

  get ended(): readonly Run[] {
    return this.all.filter(({ state }) => state === 'ended')
  }

  get running(): number {
    return this.all.filter(({ state }) => state === 'running').length
  }

  attemptsOf(id: string): readonly number[] {
    return this.all.filter((run) => run.id === id).map(({ attempt }) => attempt)
  }

  until(what: string, reached: () => boolean, withinMs = this.#scene.timing.patienceMs): Promise<void> {
    return this.#scene.until(`group ${this.name}: ${what}`, async () => reached(), withinMs)
  }

  /** Waits until a handler has ended well for each. */
  async handles(published: readonly Sighting[], withinMs?: number): Promise<void> {
    const missing = new Set(published.map(({ id }) => id))
    const reached = (): boolean => {
      for (const { id } of this.ended) missing.delete(id)
      return missing.size === 0
    }
    await this.until(`all of ${published.length} events to be handled`, reached, withinMs).catch((error: Error) => {
      error.message += `: ${missing.size} missing`
      throw error
    })
  }

  /** Fails when a handler is invoked within the harness' quiet time. */
  async quiet(forMs = this.#scene.timing.quietMs): Promise<void> {
    const before = this.all.length
    await delay(forMs)
    assert.deepEqual(this.all.slice(before).map(line), [], `expected silence after ${before} runs`)
  }

  /** Waits for `published`, then for silence, and holds the runs against the bar. */
  async completes(published: readonly Sighting[], bar: Bar = {}, withinMs?: number): Promise<void> {
    await this.handles(published, withinMs)
    await this.quiet()
    this.verify(published, bar)
  }

  verify(published: readonly Sighting[], bar: Bar = {}): void {
    const found = breaches(check(published, this.all), bar)
    assert.ok(found.length === 0, found.join('; '))
  }

  describe(): string {
    const cut = this.all.length > shown ? [`  … ${this.all.length - shown} earlier`] : []
    return [`group ${this.name}: ${this.all.length} runs`, ...cut, ...this.all.slice(-shown).map(line)].join('\n')
  }

  #begin(event: Event<string, Fact>, { attempt, redelivered }: HandlerContext, by: string): Run {
    const { id, topic, key, data } = event
    const run: Run = { id, topic, key, n: data.n, attempt, redelivered, event, by, state: 'running' }
    this.all.push(run)
    return run
  }
}

/** What a killed process answers. */
export const never = (): Promise<never> => new Promise(() => {})

async function failureOf(work: () => unknown): Promise<{ readonly error: unknown } | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return { error }
  }
}

const shown = 20

function line({ n, id, key, attempt, redelivered, by, state }: Run): string {
  const suspect = redelivered > 0 ? `, redelivered ${redelivered}` : ''
  return `  ${n} (${id}): key ${key ?? '-'}, attempt ${attempt}${suspect}, by ${by}, ${state}`
}
