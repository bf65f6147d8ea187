import { type AttributeValue, canonical, checkName, checkValue, headerOf, invalidAttribute } from './attributes.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { encodeBinary, readAttributes } from './binary-codec.ts'
import {
  absent,
  type CloudEvent,
  type CloudEventData,
  type CloudEventMessage,
  checkAttributes,
  checkData,
  checkRequired,
  jsonOf,
} from './cloud-event.ts'
import { dataKind } from './content-type.ts'
import { UndecodableError } from './errors.ts'
import { checkDepth, parseJsonBytes } from './json.ts'
import { jsonText, plainText } from './utf8.ts'

/**
 * Structured mode: the whole event as JSON text, attributes in their order, data last. U+FFFE and U+FFFF are escaped, since
 * SQS refuses them in a body. Throws `invalid-attribute` and `invalid-data`.
 */
export function encodeStructured(event: CloudEvent): string {
  checkAttributes(event.attributes)
  const declared = event.attributes.datacontenttype
  checkData(event.data, declared === undefined ? undefined : String(declared))
  const members = Object.keys(event.attributes).map((name) => `"${name}":${JSON.stringify(event.attributes[name])}`)
  const data = dataMember(event.data)
  if (data !== undefined) members.push(data)
  return `{${members.join(',')}}`.replace(/[\ufffe\uffff]/g, (char) => (char === '\ufffe' ? '\\ufffe' : '\\uffff'))
}

function dataMember(data: CloudEventData): string | undefined {
  switch (data.kind) {
    case 'absent':
      return undefined
    case 'json':
      return `"data":${jsonOf(data.value)}`
    case 'text':
      return `"data":${JSON.stringify(data.text)}`
    case 'bytes':
      return `"data_base64":"${toBase64(data.bytes)}"`
  }
}

/**
 * Reads structured mode; attributes keep their JSON types. A string under a JSON content type stays a string. Throws
 * `undecodable`, `unsupported-specversion`, `invalid-attribute`, `limit-exceeded`.
 */
export function decodeStructured(body: Uint8Array, options: { readonly maxDepth: number }): CloudEvent {
  checkDepth(body, options.maxDepth + 1)
  const parsed = parseJsonBytes(body)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UndecodableError('not a CloudEvent: no JSON object')
  }
  const members = parsed as Record<string, unknown>
  const attributes = readMembers(members)
  return { attributes, data: readDataMember(members, attributes.datacontenttype as string | undefined) }
}

function readMembers(members: Record<string, unknown>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = Object.create(null)
  for (const name of Object.keys(members)) {
    const value = members[name]
    if (name === 'data' || name === 'data_base64' || value === null) continue
    checkName(name)
    if (coreNames.has(name) && typeof value !== 'string') throw invalidAttribute(name, 'a string')
    checkValue(headerOf(name), canonical(name, value))
    attributes[name] = value as AttributeValue
  }
  checkRequired(attributes.specversion, attributes.id, attributes.source, attributes.type)
  return attributes
}

/** Attributes whose type the specification fixes: no number or boolean may stand for them. */
const coreNames: ReadonlySet<string> = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'dataschema'],
])

function readDataMember(members: Record<string, unknown>, contentType: string | undefined): CloudEventData {
  const base64 = members.data_base64
  if (base64 !== undefined && base64 !== null) {
    if (members.data !== undefined) throw new UndecodableError('both data and data_base64')
    const bytes = typeof base64 === 'string' ? fromBase64(base64) : undefined
    if (bytes === undefined) throw new UndecodableError('data_base64 is not base64')
    return { kind: 'bytes', bytes }
  }
  const value = members.data
  if (value === undefined) return absent
  if (contentType === undefined || dataKind(contentType) === 'json') return { kind: 'json', value }
  if (value === null) return absent
  if (typeof value !== 'string') throw new UndecodableError('data that is not JSON must be a string')
  return { kind: 'text', text: value }
}

/**
 * The structured form of a message in binary mode, for a broker that has no room for headers. What JSON would spell
 * differently travels as base64, so that `fromStructured` gives the same bytes. Headers that aren't attributes are left out.
 */
export function toStructured(message: CloudEventMessage): string {
  const attributes = readAttributes(message.headers)
  return encodeStructured({ attributes, data: faithful(message.body, message.headers.get('content-type')) })
}

function faithful(body: Uint8Array | null, contentType: string | undefined): CloudEventData {
  if (body === null) return absent
  const bytes: CloudEventData = { kind: 'bytes', bytes: body }
  const kind = dataKind(contentType)
  if (kind === 'bytes') return bytes
  try {
    if (kind === 'text') return { kind, text: plainText(body) }
    const text = jsonText(body)
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text && body[0] !== 0xef ? { kind, value } : bytes
  } catch {
    return bytes
  }
}

/** The message in binary mode that a structured one stands for. Throws what `decodeStructured` does. */
export function fromStructured(
  body: Uint8Array,
  options: { readonly maxDepth: number },
): { headers: Map<string, string>; body: Uint8Array | null } {
  return encodeBinary(decodeStructured(body, options))
}
