import type { HandlerContext } from '../consumer/handler.ts'
import { ReleaseError } from '../consumer/release-error.ts'

/** A delivery that a middleware keeps from its handler for now. */
export interface Waiter {
  readonly context: HandlerContext
  /** Lets it pass. */
  admit(): void
}

/**
 * Waits in `queue`, first in first out, until somebody takes it out and admits it. It leaves by itself and rejects when its
 * attempt is over (`signal.reason`) or its consumer stops (`ReleaseError`); `left` then runs.
 */
export function waitIn(queue: Set<Waiter>, context: HandlerContext, left: () => void = () => {}): Promise<void> {
  const { signal } = context
  const { stopping } = context.consumer
  return new Promise((resolve, reject) => {
    const unlink = (): void => {
      queue.delete(waiter)
      signal.removeEventListener('abort', giveUp)
      stopping.removeEventListener('abort', giveUp)
    }
    const giveUp = (): void => {
      unlink()
      reject(
        signal.aborted ? signal.reason : new ReleaseError('The consumer stops, and the delivery was only waiting.'),
      )
      left()
    }
    const waiter: Waiter = {
      context,
      admit() {
        unlink()
        resolve()
      },
    }
    if (signal.aborted || stopping.aborted) return giveUp()
    queue.add(waiter)
    signal.addEventListener('abort', giveUp)
    stopping.addEventListener('abort', giveUp)
  })
}
