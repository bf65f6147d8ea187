import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sighting } from '@eventspine/core/testing'

export interface Plan {
  readonly broker: string
  readonly topic: string
  readonly group: string
  readonly leaseMs: number
  /** Handlers take a random time between these. */
  readonly leastMs: number
  readonly mostMs: number
  readonly concurrency: number
}

/** What a service process tells. */
export type Report =
  | { readonly kind: 'started' }
  | { readonly kind: 'begun' | 'handled'; readonly id: string; readonly key: string }

const module = new URL('./service-process.ts', import.meta.url)

/** Consumers of one group, each a process, that get killed, paused and told to stop. */
export class Crew implements AsyncDisposable {
  /** In the order of arrival here. */
  readonly handled: Sighting[] = []
  readonly begun: Sighting[] = []
  /** Exit codes of those that were told to stop. */
  readonly exits: (number | null)[] = []
  readonly #plan: Plan
  readonly #members: ChildProcess[] = []
  #errors = ''

  constructor(plan: Plan) {
    this.#plan = plan
  }

  get size(): number {
    return this.#members.length
  }

  /** The end of what members wrote to standard error. */
  get errors(): string {
    return this.#errors
  }

  async join(count = 1): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#start()))
  }

  async #start(): Promise<void> {
    const execArgv = ['--conditions=@eventspine/source']
    const child = fork(module, [JSON.stringify(this.#plan)], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000)
    })
    const started = new Promise<void>((resolve, reject) => {
      child.on('message', (report: Report) => {
        if (report.kind === 'started') return resolve()
        const { id, key } = report
        this[report.kind].push({ id, key, topic: this.#plan.topic })
      })
      child.once('exit', () => reject(new Error(`A member ended before it had started: ${this.#errors}`)))
    })
    this.#members.push(child)
    await started
  }

  /** The oldest member, as `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** The oldest member; resolves when it has ended by itself. */
  async terminate(): Promise<void> {
    this.exits.push(await this.#end('SIGTERM'))
  }

  async pause(ms: number): Promise<void> {
    const [oldest] = this.#members
    oldest?.kill('SIGSTOP')
    await delay(ms)
    oldest?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#members.shift()
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    child.kill(signal)
    const [code] = (await exit) as [number | null]
    return code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#members.length > 0) await this.#end('SIGKILL')
  }
}
