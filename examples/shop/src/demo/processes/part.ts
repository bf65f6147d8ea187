import { type ChildProcess, fork } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Report, Request } from '../../process/protocol.ts'
import type { Role } from '../roles.ts'
import { ProcessFailedError } from './process-failed-error.ts'

export interface Program {
  /** What each process runs. */
  readonly entry: URL
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Gets what the processes write to standard error. */
  readonly stderr?: Writable | undefined
}

const readyMs = 60_000
/** Longer than a stop may take by itself. */
const endMs = 50_000
const tailChars = 4_000

/** One process of the shop: a service or a relay. */
export class Part {
  readonly role: Role
  /** Rejects with a `ProcessFailedError` when it ends, or takes too long, before it is ready. */
  readonly ready: Promise<void>
  /** Everything that it told has been heard by then. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #tail = ''
  #expected = false

  constructor(role: Role, { entry, args, env, stderr }: Program, onReport: (report: Report) => void) {
    this.role = role
    const [service = '', relay] = role.split('-')
    this.#child = fork(entry, [relay ?? 'service', service, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#tail = (this.#tail + text).slice(-tailChars)
      stderr?.write(text)
    })
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve()))
    this.ready = this.#untilReady(onReport)
    this.ready.catch(() => {})
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What is wrong with its end, if anything. */
  get failure(): ProcessFailedError | undefined {
    const { exitCode, signalCode } = this.#child
    if (exitCode === 0 && this.#expected) return undefined
    if (signalCode === 'SIGKILL' && this.#expected) return undefined
    return this.#fail(`ended with ${signalCode ?? `exit code ${exitCode}`}`)
  }

  send(request: Request): void {
    // Should it be gone, its successor is asked.
    this.#child.send(request, () => {})
  }

  /** As a crash: no goodbye. */
  async kill(): Promise<void> {
    this.#expected = true
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** SIGTERM; rejects with a `ProcessFailedError` unless it ends by itself, with exit code 0. */
  async end(): Promise<void> {
    this.#expected = true
    this.#child.kill('SIGTERM')
    const inTime = await within(endMs, this.ended)
    if (!inTime) {
      await this.kill()
      throw this.#fail(`did not end within ${endMs / 1_000} s`)
    }
    if (this.failure !== undefined) throw this.failure
  }

  async #untilReady(onReport: (report: Report) => void): Promise<void> {
    const told = new Promise<'ready'>((resolve) => {
      this.#child.on('message', (report: Report) => (report.kind === 'ready' ? resolve('ready') : onReport(report)))
    })
    const failed = new Promise<never>((_, reject) => this.#child.once('error', reject))
    const first = await Promise.race([told, failed, this.ended.then(() => 'ended'), after(readyMs)])
    if (first === 'ended') throw this.#fail('ended before it was ready')
    if (first !== 'ready') throw this.#fail(`was not ready within ${readyMs / 1_000} s`)
  }

  #fail(what: string): ProcessFailedError {
    return new ProcessFailedError(this.role, what, this.#tail.trim())
  }
}

async function within(ms: number, work: Promise<void>): Promise<boolean> {
  return (await Promise.race([work.then(() => 'done'), after(ms)])) === 'done'
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())
