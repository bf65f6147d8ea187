import { type AttributeValue, canonical, checkName, checkValue } from './attributes.ts'
import type { AnyEventDefinition } from './definition.ts'
import type { AnyDraft, PublishOptions } from './draft.ts'
import { encodeData } from './encode-data.ts'
import { InvalidAttributeError, InvalidDataError, LimitExceededError } from './errors.ts'
import type { Event } from './event.ts'
import { isThenable } from './standard-schema.ts'
import { isoTime } from './timestamp.ts'
import { readTraceparent, readTracestate } from './traceparent.ts'
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
export const longestKey = 255

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

  const id = options.id === undefined ? uuidV7(origin.now) : checked('id', options.id)
  const headers = new Map<string, string>()
  headers.set('ce_specversion', '1.0')
  headers.set('ce_id', id)
  headers.set('ce_source', origin.source)
  headers.set('ce_type', definition.type)
  const body = encodeData(data, options.extensions?.datacontenttype, headers)
  headers.set('ce_time', options.time === undefined ? isoTime(origin.now) : ownTime(options.time))
  if (options.subject !== undefined) headers.set('ce_subject', checked('subject', options.subject))
  setCause(headers, options, origin.cause)
  const key = setKey(headers, draft)
  if (definition.version > 1) headers.set('ce_dataversion', String(definition.version))
  if (options.extensions !== undefined) setExtensions(headers, options.extensions)
  setTrace(headers, options, origin.cause)
  checkSize(headers)
  const { topic } = definition
  const { source } = origin
  const event = key === undefined ? { topic, id, source, headers, body } : { topic, id, source, key, headers, body }
  return options.notBefore === undefined ? event : { ...event, notBefore: epochMs(options.notBefore) }
}

let lastSource: string | undefined

/** A process has one source, as a rule: it is checked when it changes. */
function checkSource(source: string): void {
  if (source === lastSource) return
  checkValue('source', source)
  lastSource = source
}

function checked(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidAttributeError(`attribute ${name} must be a string`)
  checkValue(name, value)
  return value
}

function ownTime(time: Date | string): string {
  if (time instanceof Date) {
    if (Number.isNaN(time.getTime())) throw new InvalidAttributeError('attribute time is an invalid Date')
    return time.toISOString()
  }
  checkValue('time', String(time))
  return time
}

function epochMs(notBefore: Date | number): number {
  const ms = Number(notBefore)
  if (!Number.isFinite(ms)) throw new InvalidAttributeError('notBefore must be a valid Date or epoch milliseconds')
  return ms
}

/** An entry point has no correlation: what it causes takes its id for it. */
function setCause(headers: Map<string, string>, options: PublishOptions, cause: Event | undefined): void {
  const correlationId = options.correlationId ?? cause?.correlationId ?? cause?.id
  if (correlationId !== undefined) headers.set('ce_correlationid', checked('correlationid', correlationId))
  const causationId = options.causationId ?? cause?.id
  if (causationId !== undefined) headers.set('ce_causationid', checked('causationid', causationId))
}

/** The key is also an attribute, so that it survives a broker without keys; an attribute of the user's own stays as it is. */
function setKey(headers: Map<string, string>, draft: AnyDraft): string | undefined {
  const { definition, data, options } = draft
  const own = options.extensions?.partitionkey
  const attribute = own === undefined ? undefined : canonical('partitionkey', own)
  const key = options.key ?? attribute ?? (definition.keyed ? keyOf(definition, data) : undefined)
  if (key === undefined) return undefined
  if (typeof key !== 'string') throw new InvalidAttributeError('a key must be a string')
  if (key.length > longestKey) throw new InvalidAttributeError(`a key must be at most ${longestKey} characters`)
  const checkedKey = checked('partitionkey', key)
  headers.set('ce_partitionkey', attribute === undefined ? checkedKey : checked('partitionkey', attribute))
  return key
}

function keyOf(definition: AnyEventDefinition, data: unknown): string | undefined {
  try {
    return definition.keyOf(data)
  } catch (cause) {
    throw new InvalidDataError(`the key function of ${definition.type} threw`, { cause })
  }
}

/** Attributes that come from elsewhere, by an option of their own or from the definition. */
const ownedElsewhere: ReadonlySet<string> = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'subject', 'dataversion'],
  ...['correlationid', 'causationid', 'traceparent', 'tracestate'],
])

function setExtensions(headers: Map<string, string>, extensions: Readonly<Record<string, AttributeValue>>): void {
  for (const name of Object.keys(extensions)) {
    checkName(name)
    if (ownedElsewhere.has(name)) throw new InvalidAttributeError(`attribute ${name} is not set by extensions`)
    if (name === 'partitionkey' || name === 'datacontenttype') continue
    headers.set(`ce_${name}`, checked(name, canonical(name, extensions[name])))
  }
}

/**
 * The plain headers change with each hop, the attributes keep the trace of the first publish: here they are the same. What
 * isn't a valid traceparent is ignored, as the specification says, and its tracestate with it.
 */
function setTrace(headers: Map<string, string>, options: PublishOptions, cause: Event | undefined): void {
  const own = readTraceparent(options.traceparent)
  const traceparent = own ?? readTraceparent(cause?.traceparent)
  if (traceparent === undefined) return
  headers.set('ce_traceparent', traceparent)
  headers.set('traceparent', traceparent)
  const tracestate = readTracestate(own === undefined ? (options.tracestate ?? cause?.tracestate) : options.tracestate)
  if (tracestate === undefined) return
  headers.set('ce_tracestate', tracestate)
  headers.set('tracestate', tracestate)
}

function checkSize(headers: ReadonlyMap<string, string>): void {
  let chars = 0
  for (const [name, value] of headers) chars += name.length + value.length
  if (headers.size > mostHeaders || chars > mostHeaderChars) {
    throw new LimitExceededError(
      `attributes take at most ${mostHeaders} headers of ${mostHeaderChars} characters in all`,
    )
  }
}
