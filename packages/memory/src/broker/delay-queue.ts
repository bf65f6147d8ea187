import type { Clock, Timer } from '@eventspine/core/transport'

interface Item {
  readonly dueAt: number
  readonly seq: number
  run: (() => void) | undefined
}

/**
 * Everything of the broker that waits for a time, under one timer of its clock. Suspended while nobody is connected, so that
 * a delayed message keeps no process alive.
 */
export class DelayQueue {
  readonly #clock: Clock
  readonly #heap: Item[] = []
  #seq = 0
  #timer: Timer | undefined
  #armedFor = Number.POSITIVE_INFINITY
  #suspended = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Not before `dueAt`; items of one time in the order of their calls. */
  at(dueAt: number, run: () => void): Timer {
    const item: Item = { dueAt, seq: this.#seq++, run }
    this.#push(item)
    this.#arm()
    return {
      cancel: () => {
        item.run = undefined
      },
    }
  }

  resume(): void {
    this.#suspended = false
    this.#arm()
  }

  suspend(): void {
    this.#suspended = true
    this.#disarm()
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
  }

  #arm(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#pop()
    const next = this.#heap[0]
    if (this.#suspended || next === undefined) return this.#disarm()
    if (this.#armedFor <= next.dueAt) return
    this.#disarm()
    this.#armedFor = next.dueAt
    this.#timer = this.#clock.after(Math.max(0, next.dueAt - this.#clock.now()), this.#fire)
  }

  /** A timer may come a little early: what isn't due yet waits for the next. */
  #fire = (): void => {
    this.#disarm()
    for (let next = this.#heap[0]; next !== undefined && next.dueAt <= this.#clock.now(); next = this.#heap[0]) {
      this.#pop()
      next.run?.()
    }
    this.#arm()
  }

  #push(item: Item): void {
    const heap = this.#heap
    let at = heap.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(item, heap[parent] as Item)) break
      heap[at] = heap[parent] as Item
      at = parent
    }
    heap[at] = item
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Item
    if (heap.length === 0) return
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Item)) child++
      if (!isBefore(heap[child] as Item, last)) break
      heap[at] = heap[child] as Item
      at = child
    }
    heap[at] = last
  }
}

const isBefore = (a: Item, b: Item): boolean => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.seq < b.seq)
