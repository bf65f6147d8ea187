import type { EventDefinition } from '../event/definition.ts'
import type { Attempt } from './attempt.ts'
import { InvalidConsumerError } from './errors.ts'
import { Gatherer } from './gatherer.ts'
import { type BatchHandler, checkHandled, type Registration } from './handler.ts'

/**
 * Up to `size` events (default 100) gathered for at most `waitMs` (default 20) after the first. In an ordered group the
 * events of one key stand in order. After a failure the failed events are run again in batches of one, so that a poisonous
 * event burns only its own attempts.
 */
export function handleBatch<Type extends string, Input, Output>(
  definition: EventDefinition<Type, Input, Output>,
  handler: BatchHandler<Type, Output>,
  options: { readonly size?: number; readonly waitMs?: number } = {},
): Registration {
  const { size = 100, waitMs = 20 } = options
  checkHandled(definition, handler)
  if (!(size >= 1 && waitMs >= 0)) throw new InvalidConsumerError('A batch has a size from 1 and a waitMs from 0.')
  return {
    definition,
    route: (host) => {
      // The decoder has made the events by this very definition.
      const gatherer = new Gatherer(host, { handler: handler as BatchHandler<string, unknown>, size, waitMs })
      // The engine makes every context, so each is an Attempt.
      return { run: (context) => gatherer.join(context as Attempt), gatherer }
    },
  }
}
