import { isThenable } from '../maybe-promise.ts'
import { checkValue, headerOf } from './attributes.ts'
import { attributeHeaders } from './binary-codec.ts'
import { type CloudEventData, contentTypeOf } from './cloud-event.ts'
import { contentMode, dataKind, jsonType } from './content-type.ts'
import type { AnyEventDefinition } from './definition.ts'
import { InvalidDefinitionError, LimitExceededError } from './errors.ts'
import type { Event } from './event.ts'
import { type EventAttributes, readEventAttributes } from './event-attributes.ts'
import { disarmed, parseJson } from './json.ts'
import { headerChars, type Limits } from './limits.ts'
import { decodeStructured } from './structured-codec.ts'
import { readTraceparent, readTracestate } from './traceparent.ts'
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
  const attributes = readEventAttributes(message.headers)
  const definition = definitions.get(attributes.type)
  if (definition === undefined) return undefined
  const { body } = message
  const data = body === null ? undefined : readBody(body, attributes.contentType, limits.depth)
  return validated(message, attributes, definition, data)
}

/** Structured mode: the attributes become the headers that binary mode would have had. */
function decodeWhole(message: IncomingMessage, definitions: Definitions, limits: Limits): Decoded {
  const whole = decodeStructured(message.body ?? new Uint8Array(), { maxDepth: limits.depth })
  const headers = attributeHeaders(whole.attributes, contentTypeOf(whole))
  for (const perHop of ['traceparent', 'tracestate']) {
    const value = message.headers.get(perHop)
    if (value !== undefined) headers.set(perHop, value)
  }
  const attributes = readEventAttributes(headers)
  const definition = definitions.get(attributes.type)
  if (definition === undefined) return undefined
  const data = dataOf(whole.data, attributes.contentType, limits.depth)
  return validated({ ...message, headers }, attributes, definition, data)
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

function validated(
  message: IncomingMessage,
  attributes: EventAttributes,
  definition: AnyEventDefinition,
  data: unknown,
): Decoded {
  const current = attributes.version === definition.version ? data : upcast(definition, attributes.version, data)
  const result = validateData(definition, current)
  if (isThenable(result)) return result.then((late) => eventOf(message, attributes, outputOf(definition, late)))
  return eventOf(message, attributes, outputOf(definition, result))
}

function eventOf(message: IncomingMessage, attributes: EventAttributes, data: unknown): Event {
  const { headers } = message
  const key = message.key ?? attributes.partitionKey
  const perHop = readTraceparent(headers.get('traceparent'))
  const traceparent = perHop ?? readTraceparent(headers.get('ce_traceparent'))
  const tracestate = traceparent && readTracestate(headers.get(perHop === undefined ? 'ce_tracestate' : 'tracestate'))
  return {
    id: attributes.id,
    source: attributes.source,
    type: attributes.type,
    time: attributes.time,
    subject: attributes.subject,
    version: attributes.version,
    topic: message.topic,
    key,
    data,
    correlationId: attributes.correlationId,
    causationId: attributes.causationId,
    traceparent,
    tracestate,
    extensions: extensionsOf(attributes, headers, key, traceparent, tracestate),
  }
}

const none: Readonly<Record<string, string>> = Object.freeze(Object.create(null))

/** The rest, and every attribute that differs from the field of the event that stands for it. */
function extensionsOf(
  attributes: EventAttributes,
  headers: ReadonlyMap<string, string>,
  key: string | undefined,
  traceparent: string | undefined,
  tracestate: string | undefined,
): Readonly<Record<string, string>> {
  let extensions = attributes.rest
  extensions = withDiffering(extensions, 'datacontenttype', attributes.contentType, jsonType)
  extensions = withDiffering(extensions, 'partitionkey', attributes.partitionKey, key)
  extensions = withDiffering(extensions, 'traceparent', headers.get('ce_traceparent'), traceparent)
  extensions = withDiffering(extensions, 'tracestate', headers.get('ce_tracestate'), tracestate)
  return extensions ?? none
}

function withDiffering(
  extensions: Record<string, string> | undefined,
  name: string,
  value: string | undefined,
  field: string | undefined,
): Record<string, string> | undefined {
  if (value === undefined || value === field) return extensions
  checkValue(headerOf(name), value)
  const all = extensions ?? (Object.create(null) as Record<string, string>)
  all[name] = value
  return all
}
