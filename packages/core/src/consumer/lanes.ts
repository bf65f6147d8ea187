import type { Clock, Timer } from '../clock.ts'
import { type Delivery, maxHeld } from '../transport/subscription.ts'
import { type Lane, PartitionLanes } from './lane.ts'
import type { Task } from './task.ts'

export interface LanesHost {
  readonly clock: Clock
  /** May start now. */
  ready(task: Task): void
  /** As `ready`, before everything else that is. */
  readyFirst(task: Task): void
  /** A partition has `maxHeld` deliveries in hand: it yields no more until some are settled. */
  partitionFull(partition: string): void
}

/** Who may start, and who waits behind whom. Without order everybody may start at once. */
export class Lanes {
  /** In hand, but waiting to be tried again or behind one that does: no reason to pull less. */
  parked = 0
  readonly #host: LanesHost
  readonly #ordered: boolean
  readonly #partitions = new Map<string, PartitionLanes>()
  /** Backing off without a lane: no key. */
  readonly #loners = new Map<Task, Timer>()

  constructor(ordered: boolean, host: LanesHost) {
    this.#ordered = ordered
    this.#host = host
  }

  /** The lane of a new delivery; undefined when nothing orders it. */
  laneOf(delivery: Delivery): Lane | undefined {
    if (!this.#ordered) return undefined
    const partition = this.#partition(delivery.partition ?? '')
    partition.held++
    if (partition.held === maxHeld.messages) this.#host.partitionFull(partition.name)
    return delivery.message.key === undefined ? undefined : partition.laneOf(delivery.message.key)
  }

  /** Puts a new task where it belongs. */
  add(task: Task): void {
    const { lane } = task
    if (lane === undefined) return this.#host.ready(task)
    if (lane.inFlight === 0 && lane.backoff === undefined) return this.#begin(lane, task)
    lane.waiting.push(task)
    if (lane.backoff !== undefined) this.parked++
    this.#offerToBatch(lane)
  }

  /** The task is in hand no more. */
  settled(delivery: Delivery): void {
    if (!this.#ordered) return
    const partition = this.#partition(delivery.partition ?? '')
    partition.held--
    if (partition.held === 0) this.#partitions.delete(partition.name)
  }

  /** The task has had its turn: its successor may start. */
  finish(task: Task): void {
    const { lane } = task
    if (lane === undefined || !task.inFlight) return
    task.inFlight = false
    lane.inFlight--
    this.#advance(lane)
  }

  /** Runs the task again after `delayMs`, before anything else of its key. */
  again(task: Task, delayMs: number): void {
    const { lane } = task
    if (lane === undefined) return this.#backOffAlone(task, delayMs)
    lane.again.push(task)
    lane.againInMs = Math.max(lane.againInMs, delayMs)
    this.finish(task)
  }

  /** The task has joined a batch: the next of its key may join it too. */
  joined(task: Task): void {
    if (task.lane === undefined) return
    task.lane.tentative = false
    this.#offerToBatch(task.lane)
  }

  /** The task was offered to a batch that isn't its own: it waits for its turn. */
  putBack(task: Task): void {
    const lane = task.lane as Lane
    lane.tentative = false
    lane.waiting.unshift(task)
    this.finish(task)
  }

  /** Takes what waits behind a task that goes back to the broker. */
  takeWaiting(lane: Lane): Task[] {
    return lane.waiting.drain()
  }

  /** Takes everything that waits, in order per key. */
  drain(): Task[] {
    const tasks = [...this.#loners.keys()]
    for (const timer of this.#loners.values()) timer.cancel()
    this.#loners.clear()
    for (const partition of this.#partitions.values()) {
      for (const lane of partition.lanes.values()) {
        lane.backoff?.cancel()
        lane.backoff = undefined
        tasks.push(...lane.waiting.drain())
        if (lane.inFlight === 0) partition.lanes.delete(lane.key)
      }
    }
    this.parked = 0
    return tasks
  }

  #partition(name: string): PartitionLanes {
    let partition = this.#partitions.get(name)
    if (partition === undefined) {
      partition = new PartitionLanes(name)
      this.#partitions.set(name, partition)
    }
    return partition
  }

  #begin(lane: Lane, task: Task): void {
    task.inFlight = true
    lane.inFlight++
    this.#host.ready(task)
  }

  #offerToBatch(lane: Lane): void {
    if (lane.batch?.open !== true || lane.tentative) return
    const next = lane.waiting.shift()
    if (next === undefined) return
    lane.tentative = true
    this.#begin(lane, next)
  }

  #advance(lane: Lane): void {
    if (lane.inFlight > 0) return
    lane.batch = undefined
    lane.tentative = false
    const delayMs = lane.againInMs
    for (const task of lane.again.splice(0).reverse()) lane.waiting.unshift(task)
    lane.againInMs = 0
    if (delayMs > 0) return this.#backOff(lane, delayMs)
    const next = lane.waiting.shift()
    if (next === undefined) lane.partition.lanes.delete(lane.key)
    else this.#begin(lane, next)
  }

  #backOff(lane: Lane, delayMs: number): void {
    this.parked += lane.waiting.size
    lane.backoff = this.#host.clock.after(delayMs, () => {
      lane.backoff = undefined
      this.parked -= lane.waiting.size
      const next = lane.waiting.shift() as Task
      next.inFlight = true
      lane.inFlight++
      this.#host.readyFirst(next)
    })
  }

  #backOffAlone(task: Task, delayMs: number): void {
    this.parked++
    const timer = this.#host.clock.after(delayMs, () => {
      this.#loners.delete(task)
      this.parked--
      this.#host.readyFirst(task)
    })
    this.#loners.set(task, timer)
  }
}
