import { type AttributeValue, canonical, checkValue } from './attributes.ts'
import { checkData, jsonOf } from './cloud-event.ts'
import { bytesType, dataKind, jsonType } from './content-type.ts'
import { InvalidDataError } from './errors.ts'
import { checkDepth } from './json.ts'
import { defaultLimits } from './limits.ts'
import { utf8 } from './utf8.ts'

/**
 * The body of an event, its content type put into `headers`. A `Uint8Array` is `application/octet-stream`, anything else
 * JSON; another content type may be declared, and then data must be what a reader gets back: a string for text, bytes for
 * what is neither. `undefined` is no data.
 */
export function encodeData(
  data: unknown,
  declared: AttributeValue | undefined,
  headers: Map<string, string>,
): Uint8Array | null {
  if (declared === undefined && data !== undefined && !(data instanceof Uint8Array)) {
    headers.set('content-type', jsonType)
    return jsonBytes(data)
  }
  const contentType = declared === undefined ? bytesType : canonical('datacontenttype', declared)
  checkValue('datacontenttype', contentType)
  if (data !== undefined || declared !== undefined) headers.set('content-type', contentType)
  return data === undefined ? null : typedBytes(data, contentType)
}

function jsonBytes(data: unknown): Uint8Array {
  const bytes = utf8(jsonOf(data))
  checkDepth(bytes, defaultLimits.depth)
  return bytes
}

function typedBytes(data: unknown, contentType: string): Uint8Array {
  const kind = dataKind(contentType)
  if (data instanceof Uint8Array) {
    if (kind !== 'bytes') throw new InvalidDataError(`bytes can not be ${contentType}: a reader would get ${kind}`)
    checkData({ kind, bytes: data }, contentType)
    return new Uint8Array(data)
  }
  if (kind === 'json') return jsonBytes(data)
  if (kind !== 'text' || typeof data !== 'string') {
    throw new InvalidDataError(`data of ${contentType} must be ${kind === 'text' ? 'a string' : 'a Uint8Array'}`)
  }
  checkData({ kind, text: data }, contentType)
  return utf8(data)
}
