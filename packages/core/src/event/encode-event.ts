import { isThenable } from '../maybe-promise.ts'
import {
  type AttributeValue,
  canonical,
  checkName,
  checkValue,
  createSourceCheck,
  fieldHeaders,
  headerOf,
  invalidAttribute,
} from './attributes.ts'
import type { AnyEventDefinition } from './definition.ts'
import type { AnyDraft, PublishOptions } from './draft.ts'
import { encodeData } from './encode-data.ts'
import { InvalidDataError, LimitExceededError } from './errors.ts'
import type { Event } from './event.ts'
import { headerChars } from './limits.ts'
import { isoTime } from './timestamp.ts'
import { readTrace } from './traceparent.ts'
import { uuidV7 } from './uuid-v7.ts'
import { outputOf, validateData } from './validate-data.ts'

/** An event in canonical binary mode, as a transport takes it. */
export interface EncodedEvent {
  readonly topic: string
  readonly id: string
  readonly source: string
  readonly key?: string
  /** `ce_*`, `content-type`, `traceparent`, `tracestate`. Made for this event: whoever sends it may add to it. */
  readonly headers: Map<string, string>
  readonly body: Uint8Array | null
  readonly notBefore?: number
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] }

/** Where an event comes from. */
export interface EventOrigin {
  /** URI reference of the publishing service. */
  readonly source: string
  /** The event in whose handler it is published: correlation, causation and trace context are carried on. */
  readonly cause?: Event | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** UTF-16 units of a key. */
const longestKey = 255

/** Half of what `Limits` let a reader take by default: the rest is for the headers of retries and dead letters. */
const mostHeaders = 50
const mostHeaderChars = 32_768

/**
 * Validates the data and puts the event together; a promise only where the schema answers with one. Throws, or rejects with,
 * `invalid-data`, `invalid-attribute` or `limit-exceeded`. What is sent is the input, never the schema's output: so a
 * transform can't make a wire value that its own schema rejects.
 */
export function encodeEvent(draft: AnyDraft, origin: EventOrigin): EncodedEvent | Promise<EncodedEvent> {
  const result = validateData(draft.definition, draft.data)
  if (isThenable(result)) return result.then((late) => encodeValid(draft, origin, late))
  return encodeValid(draft, origin, result)
}

function encodeValid(
  draft: AnyDraft,
  origin: EventOrigin,
  result: Awaited<ReturnType<typeof validateData>>,
): EncodedEvent {
  const { definition, data, options } = draft
  outputOf(definition, result)
  checkSource(origin.source)

  const id = options.id === undefined ? uuidV7(origin.now) : checked('ce_id', options.id)
  const headers = new Map<string, string>()
  headers.set('ce_specversion', '1.0')
  headers.set('ce_id', id)
  headers.set('ce_source', origin.source)
  headers.set('ce_type', definition.type)
  const body = encodeData(data, options.extensions?.datacontenttype, headers)
  headers.set('ce_time', options.time === undefined ? isoTime(origin.now) : ownTime(options.time))
  set(headers, 'ce_subject', options.subject)
  setCause(headers, options, origin.cause)
  const key = setKey(headers, draft)
  if (definition.version > 1) headers.set('ce_dataversion', String(definition.version))
  if (options.extensions !== undefined) setExtensions(headers, options.extensions)
  setTrace(headers, options, origin.cause)
  checkSize(headers)
  const event: Mutable<EncodedEvent> = { topic: definition.topic, id, source: origin.source, headers, body }
  if (key !== undefined) event.key = key
  if (options.notBefore !== undefined) event.notBefore = epochMs(options.notBefore)
  return event
}

const checkSource = /* @__PURE__ */ createSourceCheck()

function checked(header: string, value: unknown): string {
  checkValue(header, value)
  return value
}

function set(headers: Map<string, string>, header: string, value: unknown): void {
  if (value !== undefined) headers.set(header, checked(header, value))
}

function ownTime(time: Date | string): string {
  // Null for an invalid date.
  return checked('ce_time', time instanceof Date ? time.toJSON() : time)
}

function epochMs(notBefore: Date | number): number {
  const ms = Number(notBefore)
  if (!Number.isFinite(ms)) throw invalidAttribute('notBefore', 'a Date or epoch milliseconds')
  return ms
}

/** An entry point has no correlation: what it causes takes its id for it. */
function setCause(headers: Map<string, string>, options: PublishOptions, cause: Event | undefined): void {
  set(headers, 'ce_correlationid', options.correlationId ?? cause?.correlationId ?? cause?.id)
  set(headers, 'ce_causationid', options.causationId ?? cause?.id)
}

/** The key is also an attribute, so that it survives a broker without keys; an attribute of the user's own stays as it is. */
function setKey(headers: Map<string, string>, draft: AnyDraft): string | undefined {
  const { definition, data, options } = draft
  const own = options.extensions?.partitionkey
  const attribute = own === undefined ? undefined : canonical('partitionkey', own)
  const key = options.key ?? attribute ?? (definition.keyed ? keyOf(definition, data) : undefined)
  if (key === undefined) return undefined
  checkValue('ce_partitionkey', key)
  if (key.length > longestKey) throw invalidAttribute('key', `at most ${longestKey} characters`)
  headers.set('ce_partitionkey', attribute === undefined ? key : checked('ce_partitionkey', attribute))
  return key
}

function keyOf(definition: AnyEventDefinition, data: unknown): string | undefined {
  try {
    return definition.keyOf(data)
  } catch (cause) {
    throw new InvalidDataError(`the key function of ${definition.type} threw`, { cause })
  }
}

/** What has a field comes from an option of its own or from the definition. */
function setExtensions(headers: Map<string, string>, extensions: Readonly<Record<string, AttributeValue>>): void {
  for (const name of Object.keys(extensions)) {
    if (name === 'partitionkey' || name === 'datacontenttype') continue
    checkName(name)
    const header = headerOf(name)
    if (fieldHeaders.has(header)) throw invalidAttribute(name, 'set by an option of its own')
    headers.set(header, checked(header, canonical(name, extensions[name])))
  }
}

/**
 * The plain headers change with each hop, the attributes keep the trace of the first publish: here they are the same. What
 * isn't a valid traceparent is ignored, as the specification says, and its tracestate with it.
 */
function setTrace(headers: Map<string, string>, options: PublishOptions, cause: Event | undefined): void {
  const trace = readTrace(options, cause)
  if (trace === undefined) return
  const { traceparent, tracestate } = trace
  headers.set('ce_traceparent', traceparent).set('traceparent', traceparent)
  if (tracestate !== undefined) headers.set('ce_tracestate', tracestate).set('tracestate', tracestate)
}

function checkSize(headers: ReadonlyMap<string, string>): void {
  if (headers.size > mostHeaders || headerChars(headers) > mostHeaderChars) {
    throw new LimitExceededError(`more than ${mostHeaders} headers of ${mostHeaderChars} characters`)
  }
}
