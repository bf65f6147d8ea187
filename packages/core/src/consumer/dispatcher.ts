import type { Clock } from '../clock.ts'
import type { Event } from '../event/event.ts'
import { isThenable, type MaybePromise } from '../maybe-promise.ts'
import type { Delivery, Subscription } from '../transport/subscription.ts'
import { Attempt } from './attempt.ts'
import { CrashLoopError } from './errors.ts'
import type { Batch, GatherHost } from './gatherer.ts'
import type { BatchContext } from './handler.ts'
import { Lanes } from './lanes.ts'
import type { MemberScope } from './member-scope.ts'
import { Outcomes } from './outcomes.ts'
import { createRoutes, type Routes } from './routes.ts'
import { Task, TaskQueue } from './task.ts'

/**
 * Runs the deliveries of one subscription: at most `concurrency` handlers at once, in an ordered group one at a time per
 * key. Each goes decode → route → handler → outcome; what can be done without waiting is.
 */
export class Dispatcher implements GatherHost {
  readonly #member: MemberScope
  readonly #outcomes: Outcomes
  readonly #routes: Routes
  readonly #lanes: Lanes
  readonly #ready = new TaskQueue()
  readonly #batches: Batch[] = []
  readonly #onChange: () => void
  #running = 0
  #pumping = false

  /** `onChange` is called whenever less is in hand or running, or more is parked. */
  constructor(member: MemberScope, subscription: Subscription, onChange: () => void) {
    this.#member = member
    this.#onChange = onChange
    const { setup, host, group } = member
    this.#lanes = new Lanes(setup.group.ordered, {
      clock: member.clock,
      ready: (task) => this.#begin(task),
      readyFirst: (task) => {
        this.#ready.unshift(task)
        this.pump()
      },
      partitionFull: (partition) => host.observe?.({ kind: 'partition-full', group, partition }),
    })
    this.#outcomes = new Outcomes(member, subscription, this.#lanes, onChange)
    this.#routes = createRoutes(setup.registrations, setup.middlewares, this)
  }

  get clock(): Clock {
    return this.#member.clock
  }

  get running(): number {
    return this.#running
  }

  get unsettled(): number {
    return this.#outcomes.unsettled
  }

  /** In hand, without what waits to be tried again and what stands behind it. */
  get active(): number {
    return this.#outcomes.unsettled - this.#lanes.parked
  }

  get closing(): boolean {
    return this.#outcomes.closing
  }

  accept(deliveries: readonly Delivery[]): void {
    this.#outcomes.taken(deliveries.length)
    const pumping = this.#pumping
    this.#pumping = true
    for (const delivery of deliveries) this.#lanes.add(new Task(delivery, this.#lanes.laneOf(delivery)))
    this.#pumping = pumping
    if (this.closing) this.#releaseWaiting()
    else this.pump()
  }

  /** Starts what may start. */
  pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (!this.closing && !this.#member.paused && this.#running < this.#member.concurrency) {
      if (!this.#startNext()) break
    }
    this.#pumping = false
  }

  /** Starts nothing more and gives back what isn't running; batches leave with what they have. */
  close(): void {
    this.#outcomes.closing = true
    for (const route of this.#routes.values()) route.gatherer?.flush()
    for (const batch of this.#batches.splice(0)) this.#startBatch(batch)
    this.#releaseWaiting()
  }

  /** Dead-letters a suspect without running it. */
  giveUp(delivery: Delivery): void {
    this.#outcomes.taken(1)
    const error = new CrashLoopError(`Delivered ${delivery.redelivered} times before and never settled.`)
    this.#outcomes.deadLetter(new Task(delivery, this.#lanes.laneOf(delivery)), error, delivery.attempt - 1)
  }

  /** What the broker hasn't taken by now counts as lost. */
  abandon(): void {
    this.#outcomes.abandon()
  }

  #begin(task: Task): void {
    if (this.closing) return this.#outcomes.release(task)
    this.#ready.push(task)
    this.pump()
  }

  #releaseWaiting(): void {
    for (const task of [...this.#ready.drain(), ...this.#lanes.drain()]) this.#outcomes.release(task)
  }

  #startNext(): boolean {
    const batch = this.#batches.shift()
    if (batch !== undefined) {
      this.#startBatch(batch)
      return true
    }
    const task = this.#ready.shift()
    if (task !== undefined) this.#start(task)
    return task !== undefined
  }

  #start(task: Task): void {
    if (task.delivery.lease.aborted) return this.#outcomes.lost(task)
    this.#takeSlot()
    if (task.event !== undefined) return this.#run(task, task.event)
    let event: MaybePromise<Event | undefined>
    try {
      event = this.#member.decoder.decode(task.delivery.message)
    } catch (error) {
      return this.#unreadable(task, error)
    }
    if (!isThenable(event)) return this.#run(task, event)
    event.then(
      (decoded) => this.#run(task, decoded),
      (error) => this.#unreadable(task, error),
    )
  }

  #run(task: Task, event: Event | undefined): void {
    const route = event === undefined ? undefined : this.#routes.get(event.type)
    if (event === undefined || route === undefined) {
      this.#outcomes.skipped(task)
      return this.#freeSlot()
    }
    task.event = event
    if (task.lane?.batch !== undefined && task.lane.batch.gatherer !== route.gatherer) return this.#putBack(task)
    // Whatever its handler does to the event, the next attempt decodes it anew.
    task.event = undefined
    const attempt = new Attempt(this.#member, task, event)
    const startedAt = this.#member.host.observe === undefined ? 0 : performance.now()
    let result: unknown
    try {
      result = route.run(attempt)
    } catch (error) {
      return this.#failed(attempt, error)
    }
    if (!isThenable(result)) return this.#succeeded(attempt, startedAt)
    result.then(
      () => this.#succeeded(attempt, startedAt),
      (error) => this.#failed(attempt, error),
    )
  }

  #succeeded(attempt: Attempt, startedAt: number): void {
    attempt.end()
    this.#outcomes.succeeded(attempt, startedAt === 0 ? 0 : performance.now() - startedAt)
    if (attempt.holdsSlot) this.#freeSlot()
  }

  #failed(attempt: Attempt, error: unknown): void {
    attempt.end()
    this.#outcomes.failed(attempt, error)
    if (attempt.holdsSlot) this.#freeSlot()
  }

  #unreadable(task: Task, error: unknown): void {
    this.#outcomes.deadLetter(task, error, 0)
    this.#freeSlot()
  }

  #putBack(task: Task): void {
    this.#lanes.putBack(task)
    this.#freeSlot()
  }

  #takeSlot(): void {
    this.#running++
    this.#member.counts.running++
  }

  #freeSlot(): void {
    this.#running--
    this.#member.counts.running--
    if (this.#running === 0) this.#onChange()
    this.pump()
  }

  // What the gatherers ask for

  joined(attempt: Attempt): void {
    attempt.holdsSlot = false
    this.#lanes.joined(attempt.task)
    this.#freeSlot()
  }

  enqueue(batch: Batch): void {
    if (this.closing) return this.#startBatch(batch)
    this.#batches.push(batch)
    this.pump()
  }

  batchEnded(): void {
    this.#freeSlot()
  }

  batchContext(attempts: readonly Attempt[]): BatchContext {
    const [first] = attempts as readonly [Attempt]
    return {
      group: this.#member.group,
      signal: this.#member.stopped,
      publish: (definition, data, options) => first.publish(definition, data, options),
    }
  }

  #startBatch(batch: Batch): void {
    this.#takeSlot()
    void batch.gatherer.run(batch)
  }
}
