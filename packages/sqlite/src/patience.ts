import { unlessAborted } from '@eventspine/core/transport'
import { isBusy } from './errors.ts'

const longestPauseMs = 20

/** Its answer, or undefined: somebody else is at it. */
type Attempt<Value> = () => { readonly value: Value } | undefined

export interface Patience {
  readonly timeoutMs: number
  /** Made when the time is over. */
  readonly late: () => Error
  readonly signal?: AbortSignal | undefined
}

/**
 * Tries until nobody else is at it. SQLite's own way to wait blocks the thread, and with it perhaps the very writer of the
 * same process that it waits for; this one tries again from the event loop, at intervals that no two waiters share.
 */
export async function patiently<Value>(attempt: Attempt<Value>, { timeoutMs, late, signal }: Patience): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const done = attempt()
    if (done !== undefined) return done.value
    if (performance.now() >= deadline) throw late()
    await unlessAborted(pause(pauseMs * (0.5 + Math.random() / 2)), signal)
  }
}

/** The same before anything else runs: blocks the thread while others do the same. */
export function patientlyBlocking<Value>(attempt: Attempt<Value>, { timeoutMs, late }: Patience): Value {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const done = attempt()
    if (done !== undefined) return done.value
    if (performance.now() >= deadline) throw late()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + Math.random() * longestPauseMs)
  }
}

/** Undefined when SQLite says that somebody else writes; what else it says is thrown. */
export function unlessBusy<Value>(call: () => Value): { readonly value: Value } | undefined {
  try {
    return { value: call() }
  } catch (error) {
    if (isBusy(error)) return undefined
    throw error
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
