import { type AttributeValue, canonical, checkName, checkValue, headerOf, invalidAttribute } from './attributes.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { type BinaryForm, binaryForm, readAttributes } from './binary-codec.ts'
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
  const event = readMembers(body, options.maxDepth)
  const { specversion, id, source, type } = event.attributes
  checkRequired(specversion, id, source, type)
  for (const [name, value] of Object.entries(event.attributes)) checkValue(headerOf(name), canonical(name, value))
  return event
}

/** Values of attributes are not checked yet. */
function readMembers(body: Uint8Array, maxDepth: number): CloudEvent {
  checkDepth(body, maxDepth + 1)
  const members = parseJsonBytes(body)
  if (!isRecord(members)) throw new UndecodableError('not a CloudEvent: no JSON object')
  const attributes: Record<string, AttributeValue> = Object.create(null)
  for (const name of Object.keys(members)) {
    const value = members[name]
    if (name === 'data' || name === 'data_base64' || value === null) continue
    checkName(name)
    if (coreNames.has(name) && typeof value !== 'string') throw invalidAttribute(name, 'a string')
    attributes[name] = value as AttributeValue
  }
  return { attributes, data: readData(members, attributes.datacontenttype as string | undefined) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Attributes whose type the specification fixes: no number or boolean may stand for them. */
const coreNames: ReadonlySet<string> = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'dataschema'],
])

function readData(members: Record<string, unknown>, contentType: string | undefined): CloudEventData {
  const { data, data_base64: base64 = null } = members
  if (base64 !== null) {
    const bytes = data === undefined && typeof base64 === 'string' ? fromBase64(base64) : undefined
    if (bytes === undefined) throw new UndecodableError('data_base64 must be base64, without data')
    return { kind: 'bytes', bytes }
  }
  if (data === undefined) return absent
  if (contentType === undefined || dataKind(contentType) === 'json') return { kind: 'json', value: data }
  if (data === null) return absent
  if (typeof data !== 'string') throw new UndecodableError('data that is not JSON must be a string')
  return { kind: 'text', text: data }
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

/**
 * The message in binary mode that a structured one stands for. Throws `undecodable`, `limit-exceeded`, and
 * `invalid-attribute` for what can't be a header: values are checked by whoever reads the headers.
 */
export function fromStructured(body: Uint8Array, options: { readonly maxDepth: number }): BinaryForm {
  return binaryForm(readMembers(body, options.maxDepth))
}
