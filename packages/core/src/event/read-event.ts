import { checkName, checkValue, createSourceCheck, fieldHeaders, invalidAttribute, nameOf } from './attributes.ts'
import { checkRequired } from './cloud-event.ts'
import { jsonType } from './content-type.ts'
import type { Event } from './event.ts'
import { readTrace } from './traceparent.ts'

type Headers = ReadonlyMap<string, string>

/** An event whose data is still to come. */
export type UnfinishedEvent = { -readonly [Field in keyof Event]: Event[Field] }

const none: Event['extensions'] = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ Object.create(null))

/**
 * Everything of an event that canonical headers say; its data is left open. Throws `undecodable`, `unsupported-specversion`
 * and `invalid-attribute`.
 */
export function readEvent(topic: string, messageKey: string | undefined, headers: Headers): UnfinishedEvent {
  const id = headers.get('ce_id')
  const source = headers.get('ce_source')
  const type = headers.get('ce_type')
  checkRequired(headers.get('ce_specversion'), id, source, type)
  checkValue('ce_id', id)
  checkSource(source as string)
  checkValue('ce_type', type)
  const time = read(headers, 'ce_time')
  const subject = read(headers, 'ce_subject')
  const correlationId = read(headers, 'ce_correlationid')
  const causationId = read(headers, 'ce_causationid')
  const partitionKey = read(headers, 'ce_partitionkey')
  const dataVersion = headers.get('ce_dataversion')
  const contentType = headers.get('content-type') === jsonType ? jsonType : read(headers, 'content-type')
  const key = messageKey ?? partitionKey
  const event: UnfinishedEvent = {
    id,
    source: source as string,
    type,
    time,
    subject,
    version: dataVersion === undefined ? 1 : versionOf(dataVersion),
    topic,
    key,
    data: undefined,
    correlationId,
    causationId,
    traceparent: undefined,
    tracestate: undefined,
    extensions: none,
  }
  const optional = [time, subject, correlationId, causationId, partitionKey, dataVersion, contentType]
  const known = 4 + optional.filter((value) => value !== undefined).length
  // Most messages have nothing else, and counting is cheaper than looking at each name again.
  const isPlain = headers.size === known && (contentType ?? jsonType) === jsonType && (partitionKey ?? key) === key
  if (!isPlain) readRest(event, headers)
  return event
}

function read(headers: Headers, header: string): string | undefined {
  const value = headers.get(header)
  if (value !== undefined) checkValue(header, value)
  return value
}

const checkSource = /* @__PURE__ */ createSourceCheck()

function versionOf(value: string): number {
  const version = Number(value)
  if (!Number.isInteger(version) || version < 1 || String(version) !== value) {
    throw invalidAttribute('dataversion', 'a positive integer')
  }
  return version
}

/** The trace context, and as extensions every attribute without a field and every one that differs from its field. */
function readRest(event: UnfinishedEvent, headers: Headers): void {
  const perHop = { traceparent: headers.get('traceparent'), tracestate: headers.get('tracestate') }
  const first = { traceparent: headers.get('ce_traceparent'), tracestate: headers.get('ce_tracestate') }
  const trace = readTrace(perHop, first)
  event.traceparent = trace?.traceparent
  event.tracestate = trace?.tracestate
  const extensions: Record<string, string> = Object.create(null)
  for (const [header, value] of headers) {
    const name = nameOf(header)
    if (name === undefined || isField(event, header, value)) continue
    checkName(name)
    checkValue(header, value)
    extensions[name] = value
  }
  event.extensions = extensions
}

function isField(event: UnfinishedEvent, header: string, value: string): boolean {
  switch (header) {
    case 'content-type':
      return value === jsonType
    case 'ce_partitionkey':
      return value === event.key
    case 'ce_traceparent':
      return value === event.traceparent
    case 'ce_tracestate':
      return value === event.tracestate
    default:
      return fieldHeaders.has(header)
  }
}
