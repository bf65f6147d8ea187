import { UnsupportedFormatError } from './errors.ts'

export const jsonType = 'application/json'
export const bytesType = 'application/octet-stream'
/** Of a message in structured mode. */
export const structuredType = 'application/cloudevents+json; charset=UTF-8'

/** How data of a content type is kept in memory: a JSON value, a string or bytes. */
export type DataKind = 'json' | 'text' | 'bytes'

/** The spellings in one system are few: each is looked at once. Bounded, since they come from the wire. */
const kinds = new Map<string, DataKind>()
const mostKinds = 200

/** Without a content type nothing may be assumed of the bytes. */
export function dataKind(contentType: string | undefined): DataKind {
  if (contentType === jsonType) return 'json'
  if (contentType === undefined) return 'bytes'
  const known = kinds.get(contentType)
  if (known !== undefined) return known
  const kind = judge(contentType)
  if (kinds.size < mostKinds && contentType.length <= 256) kinds.set(contentType, kind)
  return kind
}

function judge(contentType: string): DataKind {
  const [essence = '', ...parameters] = contentType.toLowerCase().split(';')
  const type = essence.trim()
  const subtype = type.slice(type.indexOf('/') + 1)
  if (subtype === 'json' || subtype.endsWith('+json')) return 'json'
  const isText = type.startsWith('text/') || subtype === 'xml' || subtype.endsWith('+xml')
  return isText && parameters.every(isUtf8) ? 'text' : 'bytes'
}

/** False for the charset parameter of another encoding: such text stays bytes. */
function isUtf8(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=')
  if (name.trim() !== 'charset') return true
  const charset = value.trim().replaceAll('"', '')
  return charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
}

/**
 * `structured`: the body is the whole event in the JSON format. Throws `unsupported-format` for a batch and for any other
 * event format.
 */
export function contentMode(contentType: string | undefined): 'binary' | 'structured' {
  if (contentType === undefined || contentType === jsonType || contentType.length < 23) return 'binary'
  const type = contentType.slice(0, 64).toLowerCase()
  if (!type.startsWith('application/cloudevents')) return 'binary'
  const essence = (type.split(';')[0] as string).trim()
  if (essence === 'application/cloudevents+json') return 'structured'
  throw new UnsupportedFormatError('an event format that is not application/cloudevents+json')
}
