import { isAbsoluteUri, isMediaType, isTimestamp, isUriReference } from './attribute-types.ts'
import { InvalidAttributeError } from './errors.ts'

/** A context attribute in its native type; on a header it is the canonical string. */
export type AttributeValue = string | number | boolean

/** Every attribute but `datacontenttype`, which is the header `content-type`. */
const attributePrefix = 'ce_'

/** The header that carries the attribute `name`. */
export function headerOf(name: string): string {
  return name === 'datacontenttype' ? 'content-type' : attributePrefix + name
}

/** The attribute that `header` carries, if it does. */
export function nameOf(header: string): string | undefined {
  if (header === 'content-type') return 'datacontenttype'
  return header.startsWith(attributePrefix) ? header.slice(attributePrefix.length) : undefined
}

/** Headers that an event has a field for, or that repeat what another header says. */
export const fieldHeaders: ReadonlySet<string> = new Set([
  ...['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_subject', 'ce_correlationid', 'ce_causationid'],
  ...['ce_partitionkey', 'ce_dataversion', 'ce_datacontenttype', 'ce_traceparent', 'ce_tracestate'],
])

/** At most as long as fits every broker's header, prefix included. */
const attributeName = /^[a-z\d]{1,128}$/

/** Throws `invalid-attribute` unless `name` is one that CloudEvents allows. */
export function checkName(name: string): void {
  if (!attributeName.test(name) || name === 'data') {
    throw new InvalidAttributeError('an attribute name must be 1 to 128 of a-z 0-9, and not "data"')
  }
}

/**
 * Throws `invalid-attribute` unless `value` is a canonical string for the attribute that travels as `header`: the characters
 * of the String type, and the syntax that the core attributes ask for.
 */
export function checkValue(header: string, value: unknown): asserts value is string {
  const rule =
    typeof value === 'string' && isText(value) ? brokenRule(header, value) : 'text without control characters'
  if (rule !== undefined) throw invalidAttribute(header, rule)
}

function brokenRule(header: string, value: string): string | undefined {
  switch (header) {
    case 'ce_id':
    case 'ce_type':
    case 'ce_subject':
    case 'ce_partitionkey':
    case 'ce_correlationid':
    case 'ce_causationid':
      return value === '' ? 'non-empty text' : undefined
    case 'ce_source':
      return value !== '' && isUriReference(value) ? undefined : 'a URI reference'
    case 'ce_dataschema':
      return isAbsoluteUri(value) ? undefined : 'an absolute URI without a fragment'
    case 'ce_time':
      return isTimestamp(value) ? undefined : 'an RFC 3339 timestamp'
    case 'content-type':
      return isMediaType(value) ? undefined : 'a media type'
    default:
      return undefined
  }
}

export function invalidAttribute(header: string, rule: string): InvalidAttributeError {
  return new InvalidAttributeError(`attribute ${header.replace(attributePrefix, '')} must be ${rule}`)
}

/** The canonical string of a value; throws `invalid-attribute` for what has none: floats, objects, wider integers. */
export function canonical(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || (typeof value === 'number' && (value | 0) === value)) return String(value)
  throw invalidAttribute(name, 'a string, a boolean or a 32-bit integer')
}

const excluded = /[\p{Cc}\p{Cs}\p{NChar}]/u

/** The String type: no control characters, no noncharacters, no unpaired surrogates. */
export function isText(value: string): boolean {
  return !excluded.test(value)
}

/** A process publishes from one source and reads from few: comparing is cheaper than checking again. */
export function createSourceCheck(): (source: string) => void {
  let last: string | undefined
  return (source) => {
    if (source === last) return
    checkValue('ce_source', source)
    last = source
  }
}
