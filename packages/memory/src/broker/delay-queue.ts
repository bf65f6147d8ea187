import type { Clock, Timer } from '@eventspine/core/transport'
import { type Timed, TimeHeap } from '../time-heap.ts'

interface Item extends Timed {
  run: (() => void) | undefined
}

/**
 * Everything of the broker that waits for a time, under one timer of its clock. Suspended while nobody is connected, so that
 * a delayed message keeps no process alive.
 */
export class DelayQueue {
  readonly #clock: Clock
  readonly #items = new TimeHeap<Item>()
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
    this.#items.push(item)
    this.#arm()
    return {
      cancel: () => {
        item.run = undefined
        this.#arm()
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
    while (this.#items.first !== undefined && this.#items.first.run === undefined) this.#items.pop()
    const next = this.#items.first
    if (this.#suspended || next === undefined) return this.#disarm()
    if (this.#armedFor === next.dueAt) return
    this.#disarm()
    this.#armedFor = next.dueAt
    this.#timer = this.#clock.after(Math.max(0, next.dueAt - this.#clock.now()), this.#fire)
  }

  /** A timer may come a little early: what isn't due yet waits for the next. */
  #fire = (): void => {
    this.#disarm()
    for (let next = this.#items.first; next !== undefined && next.dueAt <= this.#clock.now(); ) {
      this.#items.pop()
      next.run?.()
      next = this.#items.first
    }
    this.#arm()
  }
}
