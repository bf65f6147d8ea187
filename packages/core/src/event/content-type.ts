import { UnsupportedFormatError } from './errors.ts'

export const jsonType = 'application/json'
export const bytesType = 'application/octet-stream'
/** Of a message in structured mode. */
export const structuredType = 'application/cloudevents+json; charset=UTF-8'

/** How data of a content type is kept in memory: a JSON value, a string or bytes. */
export type DataKind = 'json' | 'text' | 'bytes'

const json = /^[^;]*[/+]json[ \t]*(?:;|$)/i
const text = /^(?:text\/|[^;]*[/+]xml[ \t]*(?:;|$))/i
/** Text in another encoding stays bytes. */
const foreignCharset = /;[ \t]*charset=(?!"?(?:utf-?8|us-ascii)"?[ \t]*(?:;|$))/i

/** Without a content type nothing may be assumed of the bytes. */
export function dataKind(contentType: string | undefined): DataKind {
  if (contentType === jsonType) return 'json'
  if (contentType === undefined) return 'bytes'
  if (json.test(contentType)) return 'json'
  return text.test(contentType) && !foreignCharset.test(contentType) ? 'text' : 'bytes'
}

const eventFormat = /^application\/cloudevents/i
const structured = /^application\/cloudevents\+json[ \t]*(?:;|$)/i

/**
 * `structured`: the body is the whole event in the JSON format. Throws `unsupported-format` for a batch and for any other
 * event format.
 */
export function contentMode(contentType: string | undefined): 'binary' | 'structured' {
  if (contentType === undefined || contentType === jsonType || !eventFormat.test(contentType)) return 'binary'
  if (structured.test(contentType)) return 'structured'
  throw new UnsupportedFormatError('only application/cloudevents+json is read')
}
