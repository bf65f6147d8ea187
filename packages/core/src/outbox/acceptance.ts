import type { Clock } from '../clock.ts'

/** When the broker last took something, in all and by topic: what tells an event's failure from the broker's. */
export class Acceptance {
  readonly #clock: Clock
  readonly #byTopic = new Map<string, number>()
  #last = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(topic: string): void {
    this.#last = this.#clock.now()
    this.#byTopic.set(topic, this.#last)
  }

  /** `time` in epoch milliseconds; of all topics without `topic`. */
  since(time: number, topic?: string): boolean {
    const last = topic === undefined ? this.#last : this.#byTopic.get(topic)
    return last !== undefined && last >= time
  }
}
