import { isThenable } from '../maybe-promise.ts'
import { attributeHeaders } from './binary-codec.ts'
import { type CloudEventData, contentTypeOf } from './cloud-event.ts'
import { contentMode, dataKind } from './content-type.ts'
import type { AnyEventDefinition } from './definition.ts'
import { InvalidDefinitionError, LimitExceededError } from './errors.ts'
import type { Event } from './event.ts'
import { disarmed, parseJson } from './json.ts'
import { headerChars, type Limits } from './limits.ts'
import { readEvent, type UnfinishedEvent } from './read-event.ts'
import { decodeStructured } from './structured-codec.ts'
import { upcast } from './upcast.ts'
import { plainText } from './utf8.ts'
import { outputOf, validateData } from './validate-data.ts'

/** What of a `Message` makes the event. */
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
      const isStructured = contentMode(message.headers.get('content-type')) === 'structured'
      return isStructured ? decodeWhole(message, byType, limits) : decodeParts(message, byType, limits)
    },
  }
}

type Definitions = ReadonlyMap<string, AnyEventDefinition>
type Decoded = ReturnType<Decoder['decode']>

function checkLimits({ headers, body }: IncomingMessage, limits: Limits): void {
  if (body !== null && body.length > limits.bodyBytes) {
    throw new LimitExceededError(`body of more than ${limits.bodyBytes} bytes`)
  }
  if (headers.size > limits.headers || headerChars(headers) > limits.headerChars) {
    throw new LimitExceededError(`more than ${limits.headers} headers of ${limits.headerChars} characters`)
  }
}

/** Binary mode. The body of a type without a definition isn't looked at. */
function decodeParts(message: IncomingMessage, definitions: Definitions, limits: Limits): Decoded {
  const { topic, key, headers, body } = message
  const event = readEvent(topic, key, headers)
  const definition = definitions.get(event.type)
  if (definition === undefined) return undefined
  const data = body === null ? undefined : readBody(body, headers.get('content-type'), limits.depth)
  return finished(event, definition, data)
}

/** Structured mode: the attributes become the headers that binary mode would have had. */
function decodeWhole(message: IncomingMessage, definitions: Definitions, limits: Limits): Decoded {
  const { topic, key, body } = message
  const whole = decodeStructured(body ?? new Uint8Array(), { maxDepth: limits.depth })
  const headers = attributeHeaders(whole.attributes, contentTypeOf(whole))
  for (const perHop of ['traceparent', 'tracestate']) {
    const value = message.headers.get(perHop)
    if (value !== undefined) headers.set(perHop, value)
  }
  const event = readEvent(topic, key, headers)
  const definition = definitions.get(event.type)
  if (definition === undefined) return undefined
  return finished(event, definition, dataOf(whole.data, headers.get('content-type'), limits.depth))
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

function dataOf(data: CloudEventData, contentType: string | undefined, maxDepth: number): unknown {
  switch (data.kind) {
    case 'absent':
      return undefined
    case 'json':
      return disarmed(data.value)
    case 'text':
      return data.text
    case 'bytes':
      // Declared to be JSON or text: the producer chose base64 for it.
      return readBody(data.bytes, contentType, maxDepth)
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
