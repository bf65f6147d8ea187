import { type Clock, sleep } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Settlement, SettleResult, Subscription } from '../transport/subscription.ts'
import type { Task } from './task.ts'

export interface SettlerHost {
  readonly clock: Clock
  readonly logger: Logger
  readonly group: string
  /** Handed to the transport: for an ack the next of the key may start. */
  submitted(task: Task, settlement: Settlement): void
  /** The transport has answered. */
  settled(task: Task, settlement: Settlement, result: SettleResult): void
}

const firstRetryMs = 50
const longestRetryMs = 5_000

/**
 * Gathers settlements over one turn and hands them on in lists. What the broker doesn't take stays ours and is handed on
 * again until it is taken or the subscription is closed.
 */
export class Settler {
  readonly #host: SettlerHost
  readonly #subscription: Pick<Subscription, 'settle'>
  #settlements: Settlement[] = []
  #tasks: Task[] = []
  #scheduled = false
  readonly #closed = new AbortController()

  constructor(host: SettlerHost, subscription: Pick<Subscription, 'settle'>) {
    this.#host = host
    this.#subscription = subscription
  }

  add(task: Task, settlement: Settlement): void {
    this.#settlements.push(settlement)
    this.#tasks.push(task)
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(this.#flush)
  }

  /** Gives up what the broker has not taken: it counts as lost. */
  close(): void {
    this.#closed.abort()
  }

  #flush = (): void => {
    const settlements = this.#settlements
    const tasks = this.#tasks
    this.#settlements = []
    this.#tasks = []
    this.#scheduled = false
    void this.#send(settlements, tasks)
    for (let index = 0; index < tasks.length; index++) {
      this.#host.submitted(tasks[index] as Task, settlements[index] as Settlement)
    }
  }

  async #send(settlements: readonly Settlement[], tasks: readonly Task[]): Promise<void> {
    const results = await this.#settle(settlements)
    for (let index = 0; index < tasks.length; index++) {
      this.#host.settled(tasks[index] as Task, settlements[index] as Settlement, results?.[index] ?? 'lost')
    }
  }

  async #settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[] | undefined> {
    for (let retryMs = firstRetryMs; !this.#closed.signal.aborted; retryMs = Math.min(longestRetryMs, retryMs * 2)) {
      try {
        return await this.#subscription.settle(settlements)
      } catch (error) {
        const { clock, logger, group } = this.#host
        logger.error({ group, error, settlements: settlements.length, retryMs }, 'settling failed, trying again')
        await sleep(clock, retryMs, this.#closed.signal)
      }
    }
    return undefined
  }
}
