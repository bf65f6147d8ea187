import type { Clock, Timer } from '../clock.ts'

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Timers that were neither fired nor cancelled. */
  readonly pending: number
  /**
   * Moves to `now() + byMs`, stopping at every timer on the way; after each one, and at the end, everything that is ready to
   * run runs first.
   */
  advance(byMs: number): Promise<void>
}

interface Alarm {
  readonly atMs: number
  readonly fn: () => void
}

/** `startMs` is what `now()` says first; default: a fixed moment in 2026. */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  const alarms = new Set<Alarm>()
  let nowMs = startMs

  const nextBy = (endMs: number): Alarm | undefined => {
    let next: Alarm | undefined
    for (const alarm of alarms) if (alarm.atMs <= endMs && (next === undefined || alarm.atMs < next.atMs)) next = alarm
    return next
  }

  return {
    now: () => nowMs,
    after(delayMs, fn): Timer {
      const alarm = { atMs: nowMs + Math.max(0, delayMs), fn }
      alarms.add(alarm)
      return { cancel: () => void alarms.delete(alarm) }
    },
    get pending() {
      return alarms.size
    },
    async advance(byMs) {
      const endMs = nowMs + byMs
      await idle()
      for (let alarm = nextBy(endMs); alarm !== undefined; alarm = nextBy(endMs)) {
        alarms.delete(alarm)
        nowMs = Math.max(nowMs, alarm.atMs)
        alarm.fn()
        await idle()
      }
      nowMs = endMs
    },
  }
}

/** A macrotask later: every promise that could settle has. */
const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
