import { checkName, checkValue } from './attributes.ts'
import { checkRequired } from './cloud-event.ts'
import { jsonType } from './content-type.ts'
import { InvalidAttributeError } from './errors.ts'

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

/** Reads canonical headers. Throws `undecodable`, `unsupported-specversion` and `invalid-attribute`. */
export function readEventAttributes(headers: ReadonlyMap<string, string>): EventAttributes {
  const id = headers.get('ce_id')
  const source = headers.get('ce_source')
  const type = headers.get('ce_type')
  checkRequired(headers.get('ce_specversion'), id, source, type)
  checkValue('id', id as string)
  checkSource(source as string)
  checkValue('type', type as string)
  const time = checked('time', headers.get('ce_time'))
  const subject = checked('subject', headers.get('ce_subject'))
  const correlationId = checked('correlationid', headers.get('ce_correlationid'))
  const causationId = checked('causationid', headers.get('ce_causationid'))
  const partitionKey = checked('partitionkey', headers.get('ce_partitionkey'))
  const dataVersion = headers.get('ce_dataversion')
  const contentType = checkedContentType(headers.get('content-type'))
  // Most messages have nothing else, and counting is cheaper than looking at each name again.
  const others =
    headers.size -
    (4 + one(time) + one(subject) + one(correlationId) + one(causationId)) -
    (one(partitionKey) + one(dataVersion) + one(contentType))
  return {
    id: id as string,
    source: source as string,
    type: type as string,
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

function checked(name: string, value: string | undefined): string | undefined {
  if (value !== undefined) checkValue(name, value)
  return value
}

let lastSource = ''

/** Neighbours in a topic mostly come from one source, and comparing is cheaper than checking. */
function checkSource(source: string): void {
  if (source !== '' && source === lastSource) return
  checkValue('source', source)
  lastSource = source
}

function versionOf(value: string): number {
  const version = Number(value)
  if (!Number.isInteger(version) || version < 1 || String(version) !== value) {
    throw new InvalidAttributeError('attribute dataversion must be a positive integer')
  }
  return version
}

function checkedContentType(contentType: string | undefined): string | undefined {
  return contentType === jsonType ? jsonType : checked('datacontenttype', contentType)
}

/** Headers that make fields, or that repeat what another header says. */
const withField: ReadonlySet<string> = new Set([
  ...['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_subject', 'ce_correlationid', 'ce_causationid'],
  ...['ce_partitionkey', 'ce_dataversion', 'ce_datacontenttype', 'ce_traceparent', 'ce_tracestate'],
])

function restOf(headers: ReadonlyMap<string, string>): Record<string, string> | undefined {
  let rest: Record<string, string> | undefined
  for (const [header, value] of headers) {
    if (!header.startsWith('ce_') || withField.has(header)) continue
    const name = header.slice(3)
    checkName(name)
    checkValue(name, value)
    rest ??= Object.create(null) as Record<string, string>
    rest[name] = value
  }
  return rest
}
