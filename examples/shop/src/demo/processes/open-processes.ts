import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../process/protocol.ts'
import { Meter } from '../meter.ts'
import { isService, type Role, roles } from '../roles.ts'
import type { OpenShop, Shop, ShopOptions } from '../shop.ts'
import type { Mishap } from './mishap.ts'
import { OrderBooks } from './order-books.ts'
import { Part, type Program } from './part.ts'
import { RemoteDesk } from './remote-desk.ts'

export interface ProcessesOptions extends Pick<Program, 'stderr'> {
  /** Of the broker; the processes get it in their environment. */
  readonly url: string
  readonly mishap?: Mishap | undefined
  /** Told what happens to the processes, in a line. */
  readonly onNote: (line: string) => void
  /** What each process runs. Default: `src/process/main.ts`. */
  readonly entry?: URL
}

const main = new URL('../../process/main.ts', import.meta.url)

/** Every service and every relay in a process of its own, with nothing between them but the broker. */
export function openProcesses(options: ProcessesOptions): OpenShop {
  return async (shop) => {
    const processes = new Processes(options, shop)
    try {
      await processes.start()
      return processes
    } catch (error) {
      await processes.stop().catch(() => {})
      throw error
    }
  }
}

class Processes implements Shop {
  readonly meters = { order: new Meter(), payment: new Meter(), inventory: new Meter(), journal: new Meter() }
  readonly #options: ProcessesOptions
  readonly #program: Program
  readonly #ordersFile: string
  readonly #parts = new Map<Role, Part>()
  readonly #broken = new AbortController()
  #books: OrderBooks | undefined
  #desk: RemoteDesk | undefined
  #mishap: Mishap | undefined
  #recovery: Promise<void> = Promise.resolve()

  constructor(options: ProcessesOptions, { files, products }: ShopOptions) {
    const productsFile = join(files.folder, 'products.json')
    writeFileSync(productsFile, JSON.stringify(products))
    this.#options = options
    this.#mishap = options.mishap
    this.#ordersFile = files.order
    this.#program = {
      entry: options.entry ?? main,
      args: ['--folder', files.folder, '--products', productsFile],
      env: { ...process.env, EVENTSPINE_TRANSPORT: options.url },
      stderr: options.stderr,
    }
  }

  get orders(): RemoteDesk {
    if (this.#desk === undefined) throw new Error('The order service has not been started.')
    return this.#desk
  }

  get broken(): AbortSignal {
    return this.#broken.signal
  }

  async start(): Promise<void> {
    await this.#runAll(roles.filter(isService))
    await this.#runAll(roles.filter((role) => !isService(role)))
    this.#books = new OrderBooks(this.#ordersFile)
    this.#desk = new RemoteDesk(this.#books, this.#parts.get('order') as Part)
    this.broken.addEventListener('abort', () => this.#desk?.close(this.broken.reason))
    const parts = [...this.#parts.values()]
    this.#options.onNote(
      `${parts.length} processes run: ${parts.map(({ role, pid }) => `${role} (${pid})`).join(', ')}`,
    )
  }

  pass(share: number): void {
    const mishap = this.#mishap
    if (mishap === undefined || share < mishap.at) return
    this.#mishap = undefined
    this.#recovery = this.#strike(mishap.role)
  }

  async stop(): Promise<void> {
    await this.#recovery
    const ends = await Promise.allSettled([...this.#parts.values()].map((part) => part.end()))
    this.#books?.close()
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #runAll(some: readonly Role[]): Promise<void> {
    await Promise.all(some.map((role) => this.#run(role).ready))
  }

  #run(role: Role): Part {
    const part = new Part(role, this.#program, (report) => this.#hear(role, report))
    this.#parts.set(role, part)
    void part.ended.then(() => {
      if (part.failure !== undefined) this.#broken.abort(part.failure)
    })
    return part
  }

  #hear(role: Role, report: Report): void {
    if (report.kind === 'answer') this.#desk?.hear(report)
    else if (report.kind === 'sighting' && isService(role)) this.meters[role].add(report.sighting)
  }

  /** SIGKILL, and a new one in its place at once. What the old one had in hand, the new one finds. */
  async #strike(role: Role): Promise<void> {
    const struck = performance.now()
    const victim = this.#parts.get(role)
    await victim?.kill()
    this.#options.onNote(`killed ${role} (${victim?.pid}, SIGKILL)`)
    const part = this.#run(role)
    try {
      await part.ready
    } catch (error) {
      return this.#broken.abort(error)
    }
    if (role === 'order') this.#desk?.reconnect(part)
    const seconds = ((performance.now() - struck) / 1_000).toFixed(1)
    this.#options.onNote(`${role} runs again (${part.pid}), ${seconds} s later`)
  }
}
