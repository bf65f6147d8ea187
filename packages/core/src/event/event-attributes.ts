import {
  attributePrefix,
  checkName,
  checkValue,
  createSourceCheck,
  fieldHeaders,
  invalidAttribute,
} from './attributes.ts'
import { checkRequired } from './cloud-event.ts'
import { jsonType } from './content-type.ts'

/** What the headers of one message say: the attributes that an event has a field for, and the rest. */
export interface EventAttributes {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string | undefined
  readonly subject: string | undefined
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
  readonly partitionKey: string | undefined
  readonly version: number
  /** With its parameters. */
  readonly contentType: string | undefined
  /** Attributes without a field, by wire name. Null-prototype: no name means anything. */
  readonly rest: Record<string, string> | undefined
}

type Headers = ReadonlyMap<string, string>

/** Reads canonical headers. Throws `undecodable`, `unsupported-specversion` and `invalid-attribute`. */
export function readEventAttributes(headers: Headers): EventAttributes {
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
  // Most messages have nothing else, and counting is cheaper than looking at each name again.
  const others =
    headers.size -
    (4 + one(time) + one(subject) + one(correlationId) + one(causationId)) -
    (one(partitionKey) + one(dataVersion) + one(contentType))
  return {
    id,
    source: source as string,
    type,
    time,
    subject,
    correlationId,
    causationId,
    partitionKey,
    version: dataVersion === undefined ? 1 : versionOf(dataVersion),
    contentType,
    rest: others > 0 ? restOf(headers) : undefined,
  }
}

function one(value: string | undefined): number {
  return value === undefined ? 0 : 1
}

function read(headers: Headers, header: string): string | undefined {
  const value = headers.get(header)
  if (value !== undefined) checkValue(header, value)
  return value
}

const checkSource = createSourceCheck()

function versionOf(value: string): number {
  const version = Number(value)
  if (!Number.isInteger(version) || version < 1 || String(version) !== value) {
    throw invalidAttribute('dataversion', 'a positive integer')
  }
  return version
}

function restOf(headers: Headers): Record<string, string> | undefined {
  let rest: Record<string, string> | undefined
  for (const [header, value] of headers) {
    if (!header.startsWith(attributePrefix) || fieldHeaders.has(header)) continue
    const name = header.slice(attributePrefix.length)
    checkName(name)
    checkValue(header, value)
    rest ??= Object.create(null) as Record<string, string>
    rest[name] = value
  }
  return rest
}
