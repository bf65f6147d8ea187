import { isAbsoluteUri, isMediaType, isTimestamp, isUriReference } from './attribute-types.ts'
import { InvalidAttributeError } from './errors.ts'

/** A context attribute in its native type; on a header it is the canonical string. */
export type AttributeValue = string | number | boolean

/** Longest name that fits every broker's header, prefix included. */
const longestName = 128

/** Throws `invalid-attribute` unless `name` is one that CloudEvents allows. */
export function checkName(name: string): void {
  if (!isName(name)) {
    throw new InvalidAttributeError(
      'an attribute name takes lower-case letters and digits only, at most 128, and is not "data"',
    )
  }
}

function isName(name: string): boolean {
  if (name.length === 0 || name.length > longestName || name === 'data') return false
  for (let i = 0; i < name.length; i++) {
    const char = name.charCodeAt(i)
    if (!((char >= 97 && char <= 122) || (char >= 48 && char <= 57))) return false
  }
  return true
}

/**
 * Throws `invalid-attribute` unless `value` is a canonical string for the attribute `name`: the characters of the String
 * type, and the syntax that the core attributes ask for.
 */
export function checkValue(name: string, value: string): void {
  const fault = isText(value) ? syntaxFault(name, value) : 'holds a character that CloudEvents excludes'
  if (fault !== undefined) throw new InvalidAttributeError(`attribute ${name} ${fault}`)
}

function syntaxFault(name: string, value: string): string | undefined {
  switch (name) {
    case 'id':
    case 'type':
    case 'subject':
    case 'partitionkey':
    case 'correlationid':
    case 'causationid':
      return value === '' ? 'must not be empty' : undefined
    case 'source':
      return value !== '' && isUriReference(value) ? undefined : 'must be a non-empty URI reference'
    case 'dataschema':
      return isAbsoluteUri(value) ? undefined : 'must be an absolute URI without a fragment'
    case 'time':
      return isTimestamp(value) ? undefined : 'must be an RFC 3339 timestamp'
    case 'datacontenttype':
      return isMediaType(value) ? undefined : 'must be a media type'
    default:
      return undefined
  }
}

/** The canonical string of a value; throws `invalid-attribute` for what has none: floats, objects, wider integers. */
export function canonical(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number' && (value | 0) === value) return Object.is(value, -0) ? '0' : String(value)
  throw new InvalidAttributeError(`attribute ${name} must be a string, a boolean or a 32-bit integer`)
}

/** The String type: no control characters, no noncharacters, no unpaired surrogates. */
export function isText(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const char = value.charCodeAt(i)
    if (char >= 0x20 && char < 0x7f) continue
    if (char < 0xa0) return false
    if (char >= 0xd800) return isHighText(value, i)
  }
  return true
}

/** From the first unit at or above U+D800 on, where surrogates and noncharacters begin. */
function isHighText(value: string, from: number): boolean {
  for (let i = from; i < value.length; i++) {
    const point = value.codePointAt(i) as number
    if (point > 0xffff) i++
    if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return false
    if (point >= 0xd800 && point <= 0xdfff) return false
    if ((point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe) return false
  }
  return true
}
