import { type AttributeValue, canonical, checkValue } from './attributes.ts'
import { checkLength, checkText, jsonOf } from './cloud-event.ts'
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
  if (declared === undefined) {
    if (data === undefined) return null
    const isBytes = data instanceof Uint8Array
    headers.set('content-type', isBytes ? bytesType : jsonType)
    return isBytes ? copied(data) : jsonBytes(data)
  }
  const contentType = canonical('datacontenttype', declared)
  checkValue('content-type', contentType)
  headers.set('content-type', contentType)
  return data === undefined ? null : typedBytes(data, contentType)
}

function typedBytes(data: unknown, contentType: string): Uint8Array {
  const kind = dataKind(contentType)
  const isBytes = data instanceof Uint8Array
  if (kind === 'json' && !isBytes) return jsonBytes(data)
  if (kind === 'bytes' && isBytes) return copied(data)
  if (kind !== 'text' || typeof data !== 'string') {
    throw new InvalidDataError(`data of ${contentType} must be what a reader gets: ${kind}`)
  }
  checkText(data)
  return utf8(data)
}

function jsonBytes(data: unknown): Uint8Array {
  const bytes = utf8(jsonOf(data))
  checkDepth(bytes, defaultLimits.depth)
  return bytes
}

function copied(bytes: Uint8Array): Uint8Array {
  checkLength(bytes)
  return new Uint8Array(bytes)
}
