import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** Child processes that each take the place of the one before when it is killed. */
export class Crew {
  readonly #module: URL
  readonly #args: readonly string[]
  readonly #onMessage: (message: unknown, child: ChildProcess) => void
  readonly #members: ChildProcess[] = []
  /** Children that died of something else than a kill of ours. */
  readonly failures: string[] = []

  constructor(module: URL, args: readonly string[], onMessage: (message: never, child: ChildProcess) => void) {
    this.#module = module
    this.#args = args
    this.#onMessage = onMessage as (message: unknown, child: ChildProcess) => void
  }

  start(count: number): void {
    for (let index = 0; index < count; index++) this.#members[index] = this.#spawn()
  }

  /** As the kernel would: no goodbye. A successor starts at once. False: it had ended by itself. */
  async kill(index: number): Promise<boolean> {
    const child = this.#members[index] as ChildProcess
    if (child.exitCode !== null || child.signalCode !== null) return false
    child.kill('SIGKILL')
    await once(child, 'exit')
    this.#members[index] = this.#spawn()
    return true
  }

  /** Resolves when all have ended by themselves. */
  async ended(): Promise<void> {
    await Promise.all(this.#members.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  }

  async terminate(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    for (const child of this.#members) child.kill(signal)
    await this.ended()
  }

  #spawn(): ChildProcess {
    const child = fork(this.#module, this.#args, { execArgv: ['--conditions=@eventspine/source'] })
    child.on('message', (message) => this.#onMessage(message, child))
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') this.failures.push(`${this.#module.pathname}: exit ${code ?? signal}`)
    })
    return child
  }
}
