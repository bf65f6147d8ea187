import { isThenable } from '../maybe-promise.ts'
import { dataKind } from './content-type.ts'
import type { AnyEventDefinition } from './definition.ts'
import { InvalidDefinitionError, LimitExceededError } from './errors.ts'
import type { Event } from './event.ts'
import { parseJson } from './json.ts'
import { headerChars, type Limits } from './limits.ts'
import { readEvent, type UnfinishedEvent } from './read-event.ts'
import { upcast } from './upcast.ts'
import { plainText } from './utf8.ts'
import { outputOf, validateData } from './validate-data.ts'

/** What of a `Message`, in binary mode, makes the event: transports unfold structured mode. */
export interface IncomingMessage {
  readonly topic: string
  readonly key?: string | undefined
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | null
}

export interface Decoder {
  /**
   * The event, its data the schema's output; a promise only where the schema answers with one. Undefined: readable, but of a
   * type that has no definition here. Throws, or rejects with, an `EventError` for what will never be readable here.
   */
  decode(message: IncomingMessage): Event | undefined | Promise<Event | undefined>
}

/** Throws `invalid-definition` when two different definitions claim one type. */
export function createDecoder(definitions: Iterable<AnyEventDefinition>, limits: Limits): Decoder {
  const byType = new Map<string, AnyEventDefinition>()
  for (const definition of definitions) {
    if ((byType.get(definition.type) ?? definition) !== definition) {
      throw new InvalidDefinitionError(`${definition.type} has two definitions`)
    }
    byType.set(definition.type, definition)
  }
  return {
    decode(message) {
      checkLimits(message, limits)
      const { topic, key, headers, body } = message
      const event = readEvent(topic, key, headers)
      const definition = byType.get(event.type)
      // The body of a type without a definition isn't looked at.
      if (definition === undefined) return undefined
      const data = body === null ? undefined : readBody(body, headers.get('content-type'), limits.depth)
      return finished(event, definition, data)
    },
  }
}

function checkLimits({ headers, body }: IncomingMessage, limits: Limits): void {
  if (body !== null && body.length > limits.bodyBytes) {
    throw new LimitExceededError(`body of more than ${limits.bodyBytes} bytes`)
  }
  if (headers.size > limits.headers || headerChars(headers) > limits.headerChars) {
    throw new LimitExceededError(`more than ${limits.headers} headers of ${limits.headerChars} characters`)
  }
}

/** What the schema gets to see. Bytes are copied, for the body is wanted again and handlers may write. */
function readBody(body: Uint8Array, contentType: string | undefined, maxDepth: number): unknown {
  switch (dataKind(contentType)) {
    case 'json':
      return parseJson(body, maxDepth)
    case 'text':
      return plainText(body)
    case 'bytes':
      return new Uint8Array(body)
  }
}

function finished(event: UnfinishedEvent, definition: AnyEventDefinition, data: unknown): Event | Promise<Event> {
  const current = event.version === definition.version ? data : upcast(definition, event.version, data)
  const result = validateData(definition, current)
  const withOutput = (valid: Awaited<typeof result>): Event => {
    event.data = outputOf(definition, valid)
    return event
  }
  return isThenable(result) ? result.then(withOutput) : withOutput(result)
}
