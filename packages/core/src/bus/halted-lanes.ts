import type { Clock, Timer } from '../clock.ts'
import type { Outgoing } from './outgoing.ts'

interface HaltedLane {
  readonly waiting: Outgoing[]
  readonly timer: Timer
}

const firstResendMs = 20
const longestResendMs = 2_000

/** Before the next time that a message is sent: 20 ms, doubling to 2 s. */
export function resendDelayMs(failures: number): number {
  return Math.min(longestResendMs, firstResendMs * 2 ** (failures - 1))
}

/** Keys of which a message has to be sent again: everything of such a key waits behind it, everything else goes on. */
export class HaltedLanes {
  readonly #lanes = new Map<string, HaltedLane>()
  readonly #clock: Clock
  readonly #resume: (waiting: readonly Outgoing[]) => void

  constructor(clock: Clock, resume: (waiting: readonly Outgoing[]) => void) {
    this.#clock = clock
    this.#resume = resume
  }

  get size(): number {
    return this.#lanes.size
  }

  /** Sends it again, and what was held behind it after it, when its delay is over. */
  halt(outgoing: Outgoing): void {
    const { lane } = outgoing
    const halted = this.#lanes.get(lane)
    if (halted !== undefined) {
      halted.waiting.push(outgoing)
      return
    }
    const timer = this.#clock.after(resendDelayMs(outgoing.failures), () => this.#resume(this.take(lane)))
    this.#lanes.set(lane, { waiting: [outgoing], timer })
  }

  /** True when the message now waits behind a halted one of its key. */
  holdBack(outgoing: Outgoing): boolean {
    const halted = this.#lanes.size === 0 ? undefined : this.#lanes.get(outgoing.lane)
    halted?.waiting.push(outgoing)
    return halted !== undefined
  }

  /** Ends the halt of a lane and hands out what waited there, in order. */
  take(lane: string): readonly Outgoing[] {
    const halted = this.#lanes.get(lane)
    halted?.timer.cancel()
    this.#lanes.delete(lane)
    return halted?.waiting ?? []
  }

  *all(): Iterable<Outgoing> {
    for (const lane of this.#lanes.values()) yield* lane.waiting
  }
}
