import { type AttributeValue, canonical, checkName, checkValue, headerOf } from './attributes.ts'
import { dataKind, jsonType } from './content-type.ts'
import { InvalidAttributeError, InvalidDataError, UndecodableError, UnsupportedSpecversionError } from './errors.ts'

/** A CloudEvent 1.0 as the specification sees it, before any of our words: what the two codecs read and write. */
export interface CloudEvent {
  /** By wire name. Strings where the type was lost on a header. */
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly data: CloudEventData
}

/** No data, JSON `null` and an empty JSON string are three different things. */
export type CloudEventData =
  | { readonly kind: 'absent' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/** Headers and body of one CloudEvent on a broker; a `Message` is one. */
export interface CloudEventMessage {
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | null
}

export const absent: CloudEventData = { kind: 'absent' }

/** Throws `invalid-attribute` unless the four required attributes are there and every attribute keeps the rules. */
export function checkAttributes(attributes: Readonly<Record<string, unknown>>): void {
  if (attributes.specversion !== '1.0') throw new InvalidAttributeError('attribute specversion must be 1.0')
  for (const required of ['id', 'source', 'type']) {
    if (attributes[required] === undefined) throw new InvalidAttributeError(`attribute ${required} is missing`)
  }
  for (const name of Object.keys(attributes)) {
    checkName(name)
    checkValue(headerOf(name), canonical(name, attributes[name]))
  }
}

/** Throws unless what was read from the wire is a CloudEvent of specversion 1.0. */
export function checkRequired(specversion: unknown, id: unknown, source: unknown, type: unknown): void {
  if (specversion === undefined || id === undefined || source === undefined || type === undefined) {
    throw new UndecodableError('not a CloudEvent: no specversion, id, source or type')
  }
  if (specversion !== '1.0') throw new UnsupportedSpecversionError('only specversion 1.0 is read')
}

/** Throws `invalid-data` for data that its content type or a broker would change into something else. */
export function checkData(data: CloudEventData, contentType: string | undefined): void {
  const isJson = contentType === undefined || dataKind(contentType) === 'json'
  if (data.kind === 'json' && !isJson) throw new InvalidDataError('a JSON value needs a JSON content type')
  if (data.kind === 'text') {
    if (isJson) throw new InvalidDataError('text needs a content type that is not JSON')
    checkText(data.text)
  }
  if (data.kind === 'bytes') checkLength(data.bytes)
}

export function checkText(text: string): void {
  checkLength(text)
  if (!text.isWellFormed()) throw new InvalidDataError('text must be well-formed')
}

/** Some brokers can't tell an empty body from none. */
export function checkLength(data: string | Uint8Array): void {
  if (data.length === 0) throw new InvalidDataError('empty data would arrive as none')
}

/** What `datacontenttype` of the event is once its data stands alone, outside the JSON format. */
export function contentTypeOf(event: CloudEvent): string | undefined {
  const declared = event.attributes.datacontenttype
  if (declared !== undefined) return String(declared)
  return event.data.kind === 'json' ? jsonType : undefined
}

/** The JSON text of `value`; throws `invalid-data` for what JSON can't carry: bigint, cycles, functions, undefined. */
export function jsonOf(value: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(value)
    if (text !== undefined) return text
  } catch (cause) {
    throw notJson({ cause })
  }
  throw notJson()
}

function notJson(options?: ErrorOptions): InvalidDataError {
  return new InvalidDataError('JSON can not carry the data', options)
}
