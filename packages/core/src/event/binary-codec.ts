import { type AttributeValue, canonical, checkName, checkValue, headerOf, nameOf } from './attributes.ts'
import {
  absent,
  type CloudEvent,
  type CloudEventData,
  type CloudEventMessage,
  checkAttributes,
  checkData,
  checkRequired,
  contentTypeOf,
  jsonOf,
} from './cloud-event.ts'
import { dataKind } from './content-type.ts'
import { parseJson } from './json.ts'
import { plainText, utf8 } from './utf8.ts'

export interface BinaryForm {
  readonly headers: Map<string, string>
  readonly body: Uint8Array | null
}

/**
 * Binary mode: the body is the data, the attributes are headers. Absent data is a `null` body. Throws `invalid-attribute`
 * and `invalid-data`.
 */
export function encodeBinary(event: CloudEvent): BinaryForm {
  checkAttributes(event.attributes)
  checkData(event.data, contentTypeOf(event))
  return binaryForm(event)
}

/** Headers in the order of the attributes, as canonical strings. `event` is checked already. */
export function binaryForm(event: CloudEvent): BinaryForm {
  const headers = new Map<string, string>()
  for (const name of Object.keys(event.attributes)) headers.set(headerOf(name), canonical(name, event.attributes[name]))
  const contentType = contentTypeOf(event)
  if (contentType !== undefined) headers.set('content-type', contentType)
  return { headers, body: bodyOf(event.data) }
}

function bodyOf(data: CloudEventData): Uint8Array | null {
  switch (data.kind) {
    case 'absent':
      return null
    case 'json':
      return utf8(jsonOf(data.value))
    case 'text':
      return utf8(data.text)
    case 'bytes':
      return data.bytes
  }
}

/**
 * Reads binary mode; every attribute is a string. Headers without `ce_` are none of the event's. Throws `undecodable`,
 * `unsupported-specversion`, `invalid-attribute`, `limit-exceeded`.
 */
export function decodeBinary(message: CloudEventMessage, options: { readonly maxDepth: number }): CloudEvent {
  const attributes = readAttributes(message.headers)
  const contentType = message.headers.get('content-type')
  return { attributes, data: readData(message.body, contentType, options.maxDepth) }
}

/** The attributes that the headers hold, checked, on a null-prototype object. */
export function readAttributes(headers: ReadonlyMap<string, string>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = Object.create(null)
  for (const [header, value] of headers) {
    const name = nameOf(header)
    if (name === undefined || header === 'ce_datacontenttype') continue
    checkName(name)
    attributes[name] = value
  }
  checkRequired(attributes.specversion, attributes.id, attributes.source, attributes.type)
  for (const name of Object.keys(attributes)) checkValue(headerOf(name), attributes[name])
  return attributes
}

/** Data by its content type. Bytes stay bytes where nothing says what they are. */
function readData(body: Uint8Array | null, contentType: string | undefined, maxDepth: number): CloudEventData {
  if (body === null) return absent
  switch (dataKind(contentType)) {
    case 'json':
      return { kind: 'json', value: parseJson(body, maxDepth) }
    case 'text':
      return { kind: 'text', text: plainText(body) }
    case 'bytes':
      return { kind: 'bytes', bytes: body }
  }
}
