import type { Event } from '../event/event.ts'
import type { Delivery } from '../transport/subscription.ts'
import type { Attempt } from './attempt.ts'
import type { Lane } from './lane.ts'

/** A delivery on its way through this member, from the pull to its settlement. */
export class Task {
  readonly delivery: Delivery
  readonly lane: Lane | undefined
  /** 1-based number of the handler run that is next or under way. */
  attempt: number
  /** Decoded, and seen by no handler. */
  event: Event | undefined = undefined
  running: Attempt | undefined = undefined
  /** Counts in its lane: started there and not finished. */
  inFlight = false
  /** After a failed batch: run it in a batch of its own. */
  alone = false
  /** Behind this one in a `TaskQueue`. */
  next: Task | undefined = undefined

  constructor(delivery: Delivery, lane: Lane | undefined) {
    this.delivery = delivery
    this.lane = lane
    this.attempt = delivery.attempt
  }
}

/** First in, first out, linked through the tasks themselves: a task stands in one queue at a time. */
export class TaskQueue {
  size = 0
  #head: Task | undefined
  #tail: Task | undefined

  push(task: Task): void {
    task.next = undefined
    if (this.#tail === undefined) this.#head = task
    else this.#tail.next = task
    this.#tail = task
    this.size++
  }

  /** To the front: before everything that waits. */
  unshift(task: Task): void {
    task.next = this.#head
    this.#head = task
    this.#tail ??= task
    this.size++
  }

  shift(): Task | undefined {
    const task = this.#head
    if (task === undefined) return undefined
    this.#head = task.next
    if (this.#head === undefined) this.#tail = undefined
    task.next = undefined
    this.size--
    return task
  }

  /** Takes everything out, in order. */
  drain(): Task[] {
    const tasks: Task[] = []
    for (let task = this.shift(); task !== undefined; task = this.shift()) tasks.push(task)
    return tasks
  }
}
