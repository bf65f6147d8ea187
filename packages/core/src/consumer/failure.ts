import { isEventspineError } from '../error.ts'
import type { Failure } from '../transport/dead-letters.ts'
import type { Delivery } from '../transport/subscription.ts'

/** Bounds of the texts in a dead letter: enough to recognise an error, too little to fill a broker's headers. */
const nameChars = 200
const messageChars = 1_000
const stackChars = 4_000

/** `attempts` counts handler runs: 0 when none ran. */
export function failureOf(delivery: Delivery, error: unknown, attempts: number, group: string, at: number): Failure {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack.slice(0, stackChars) : undefined
  return {
    code: isEventspineError(error) ? error.code : 'handler-failed',
    name: error instanceof Error ? String(error.name).slice(0, nameChars) : typeof error,
    message: messageOf(error).slice(0, messageChars),
    ...(stack === undefined ? {} : { stack }),
    attempts,
    group,
    topic: delivery.message.topic,
    ...(delivery.partition === undefined ? {} : { partition: delivery.partition }),
    at,
  }
}

/** Whatever a handler throws, even an object that throws when it is looked at. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'an error that has no text'
  }
}
