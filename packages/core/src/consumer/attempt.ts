import type { Clock } from '../clock.ts'
import type { EventDefinition } from '../event/definition.ts'
import type { PublishOptions } from '../event/draft.ts'
import type { Event } from '../event/event.ts'
import { LeaseLostError } from './errors.ts'
import type { HandlerContext } from './handler.ts'
import type { Task } from './task.ts'

/** What every attempt of a consumer shares. */
export interface AttemptScope {
  readonly group: string
  readonly clock: Clock
  readonly consumer: HandlerContext['consumer']
  /** Aborted when the grace of a stop is over. */
  readonly stopped: AbortSignal
  publish(
    definition: EventDefinition<string, unknown, unknown>,
    data: unknown,
    options: PublishOptions | undefined,
    cause: Event,
  ): Promise<{ readonly id: string }>
}

/** One run of the handler: the context that it and its middlewares are given. What is rarely asked for is made when asked for. */
export class Attempt implements HandlerContext {
  readonly event: Event
  readonly task: Task
  /** Counts against `concurrency`; given up while waiting in a batch. */
  holdsSlot = true
  readonly #scope: AttemptScope
  #state: Map<symbol, unknown> | undefined
  #aborter: AbortController | undefined
  #unlink: (() => void) | undefined
  #ended = false

  constructor(scope: AttemptScope, task: Task, event: Event) {
    this.#scope = scope
    this.task = task
    this.event = event
  }

  get group(): string {
    return this.#scope.group
  }

  get topic(): string {
    return this.task.delivery.message.topic
  }

  get partition(): string | undefined {
    return this.task.delivery.partition
  }

  get attempt(): number {
    return this.task.attempt
  }

  get redelivered(): number {
    return this.task.delivery.redelivered
  }

  get clock(): Clock {
    return this.#scope.clock
  }

  get consumer(): HandlerContext['consumer'] {
    return this.#scope.consumer
  }

  get state(): Map<symbol, unknown> {
    this.#state ??= new Map()
    return this.#state
  }

  get signal(): AbortSignal {
    return this.#controller().signal
  }

  abort(reason: unknown): void {
    this.#controller().abort(reason)
  }

  publish<Input>(
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions,
  ): Promise<{ readonly id: string }> {
    const untyped = definition as unknown as EventDefinition<string, unknown, unknown>
    return this.#scope.publish(untyped, data, options, this.event)
  }

  /** True when this run no longer counts: its delivery is lost, or the consumer stopped waiting for it. */
  get revoked(): boolean {
    return this.task.delivery.lease.aborted || this.#scope.stopped.aborted
  }

  /** Lets go of what `signal` listens to. */
  end(): void {
    this.#ended = true
    this.#unlink?.()
    this.#unlink = undefined
  }

  #controller(): AbortController {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController()
      if (!this.#ended) this.#link(this.#aborter)
    }
    return this.#aborter
  }

  /** By hand instead of AbortSignal.any: the listeners on the long-lived signals must go when the attempt ends. */
  #link(aborter: AbortController): void {
    const { lease } = this.task.delivery
    const { stopped } = this.#scope
    const lose = (): void => aborter.abort(new LeaseLostError("The delivery is another member's now."))
    const stop = (): void => aborter.abort(stopped.reason)
    if (lease.aborted) return lose()
    if (stopped.aborted) return stop()
    lease.addEventListener('abort', lose)
    stopped.addEventListener('abort', stop)
    this.#unlink = () => {
      lease.removeEventListener('abort', lose)
      stopped.removeEventListener('abort', stop)
    }
  }
}
