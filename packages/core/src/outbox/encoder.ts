import { type Clock, systemClock } from '../clock.ts'
import type { AnyDraft } from '../event/draft.ts'
import { type EncodedEvent, encodeEvent } from '../event/encode-event.ts'
import type { Event } from '../event/event.ts'
import { isThenable, type MaybePromise } from '../maybe-promise.ts'
import { createMessageCheck } from '../transport/check-message.ts'
import { checkName } from '../transport/check-name.ts'

export interface EncoderSettings {
  readonly source: string
  readonly maxMessageBytes?: number
  readonly clock?: Clock
}

export type Encode = (draft: AnyDraft, cause: Event | undefined) => MaybePromise<EncodedEvent>

/**
 * Encodes, and makes every check that a broker would fail on: what the relay can't publish would sit in the outbox, parked,
 * with its transaction long committed. A promise only where the schema answers with one.
 */
export function createEncoder({ source, maxMessageBytes = 1_048_576, clock = systemClock }: EncoderSettings): Encode {
  // Delayed publishing is the outbox's own: it needs nothing of the broker.
  const checkMessage = createMessageCheck({ maxMessageBytes, delayedPublish: 'broker' })
  const checked = (event: EncodedEvent): EncodedEvent => {
    const fault = checkName('topic', event.topic) ?? checkMessage(event)
    if (fault !== undefined) throw fault
    return event
  }
  return (draft, cause) => {
    const encoded = encodeEvent(draft, { source, cause, now: clock.now() })
    return isThenable<EncodedEvent>(encoded) ? Promise.resolve(encoded).then(checked) : checked(encoded as EncodedEvent)
  }
}
