import { InvalidMessageError } from '../transport/errors.ts'
import type { Message } from '../transport/message.ts'

/**
 * What names an event must survive every database's text type: NUL and lone surrogates don't, and two keys that differ
 * only in them would silently become one. Refused before the statement, for a failed one aborts the business transaction.
 * Headers travel as escaped JSON and bodies as bytes, so they may hold anything.
 */
export function assertStorable({ topic, id, source, key }: Message): void {
  for (const [name, value] of Object.entries({ topic, id, source, key })) {
    if (value !== undefined && (!value.isWellFormed() || value.includes('\0'))) {
      throw new InvalidMessageError(`An outbox can't keep this event: its ${name} holds NUL or half a surrogate pair.`)
    }
  }
}
