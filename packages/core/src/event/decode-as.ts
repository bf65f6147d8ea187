import { createDecoder, type IncomingMessage } from './decode-event.ts'
import type { EventDefinition } from './definition.ts'
import type { Event } from './event.ts'
import { defaultLimits, type Limits } from './limits.ts'

/**
 * Reads one message as an event of the definition, as a consumer would: a dead letter's, or one that a test has waited for.
 * Resolves to undefined when it is of another type; rejects with an `EventError` when it can't be read.
 */
export async function decodeAs<Type extends string, Input, Output>(
  definition: EventDefinition<Type, Input, Output>,
  message: IncomingMessage,
  limits: Limits = defaultLimits,
): Promise<Event<Type, Output> | undefined> {
  // The decoder knows this definition only, so what it reads is of its type.
  return createDecoder([definition], limits).decode(message) as Promise<Event<Type, Output> | undefined>
}
