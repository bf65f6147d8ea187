import { shown } from '../event/shown.ts'
import type { Capabilities } from './capabilities.ts'
import { InvalidMessageError, MessageTooLargeError, type TransportError, UnsupportedError } from './errors.ts'
import { isBookkeeping } from './failure-headers.ts'
import type { Message } from './message.ts'

/** Bounds that hold on every broker, so that a message which one of them takes is taken by all. */
export const messageBounds = {
  keyChars: 255,
  /** AMQP's `message-id`. */
  idChars: 255,
  sourceChars: 1_024,
  headers: 100,
  headerNameChars: 128,
  /** UTF-8 bytes of all names and values: an AMQP header frame with room for the failure headers. */
  headerBytes: 32_768,
} as const

export type MessageLimits = Pick<Capabilities, 'maxMessageBytes' | 'delayedPublish'>

/**
 * Makes the check that every adapter runs before the first byte: the same verdict on every broker but for the size and
 * `notBefore`, which are this server's. Undefined = it may travel. The topic is the adapter's to look up.
 *
 * It remembers the headers of the message before: those of one publisher mostly repeat, and only what differs is read.
 */
export function createMessageCheck(limits: MessageLimits): (message: Message) => TransportError | undefined {
  const headers = new HeaderCheck()
  let knownSource: string | undefined
  return (message) => {
    const error = check(message, knownSource !== undefined && message.source === knownSource)
    if (error === undefined) knownSource = message.source
    return error
  }
  function check(message: Message, sourceIsKnown: boolean): TransportError | undefined {
    return (
      checkIdentity(message, sourceIsKnown) ??
      headers.check(message) ??
      checkSize(message, limits.maxMessageBytes) ??
      checkNotBefore(message.notBefore, limits)
    )
  }
}

/** UTF-8 bytes of the body, the key and the headers: what `maxMessageBytes` bounds. */
export function messageBytes(message: Message): number {
  return (message.body?.byteLength ?? 0) + utf8Bytes(message.key ?? '') + headerBytes(message.headers)
}

const headerBytes = (headers: ReadonlyMap<string, string>): number => {
  let bytes = 0
  for (const [name, value] of headers) bytes += name.length + utf8Bytes(value)
  return bytes
}

/** U+0000–001F, U+007F–009F, noncharacters (the basic plane's): CloudEvents forbids them, and brokers differ on them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const untravelled = /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/
/** One pass over what most texts are; surrogates are looked at again, for they come in pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const suspicious = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/
const isText = (value: unknown): value is string =>
  typeof value === 'string' && (!suspicious.test(value) || (!untravelled.test(value) && value.isWellFormed()))

function checkIdentity(message: Message, sourceIsKnown: boolean): InvalidMessageError | undefined {
  const { id, source, key, body } = message
  if (!isShortText(id, messageBounds.idChars)) return invalid(`its id must be 1 to ${messageBounds.idChars} ${text}`)
  if (!sourceIsKnown && !isShortText(source, messageBounds.sourceChars)) {
    return invalid(`its source must be 1 to ${messageBounds.sourceChars} ${text}`)
  }
  if (key !== undefined && !isShortText(key, messageBounds.keyChars)) {
    return invalid(`its key must be 1 to ${messageBounds.keyChars} ${text}`)
  }
  if (body !== null && !(body instanceof Uint8Array)) return invalid('its body must be a Uint8Array or null')
  return undefined
}

const isShortText = (value: unknown, maxChars: number): boolean =>
  isText(value) && value.length > 0 && value.length <= maxChars

const namePattern = /^[a-z0-9][a-z0-9._-]*$/

function checkHeaderName(name: unknown): InvalidMessageError | undefined {
  if (typeof name !== 'string' || name.length > messageBounds.headerNameChars || !namePattern.test(name)) {
    return invalid(
      `the header name ${shown(String(name))} must be 1 to ${messageBounds.headerNameChars} of a-z 0-9 . _ -`,
    )
  }
  if (name.startsWith('x-')) return invalid(`the header ${shown(name)}: brokers use the prefix x- for themselves`)
  if (isBookkeeping(name)) return invalid(`the header ${shown(name)} is the transport's own`)
  return undefined
}

/**
 * Reads what differs from the message before. By `forEach`, on the path of every message: iterating a Map's entries would make
 * an array for each header.
 */
class HeaderCheck {
  readonly #names: string[] = []
  readonly #values: string[] = []
  #id = ''
  #key: string | undefined
  #at = 0
  #chars = 0
  #error: InvalidMessageError | undefined

  check({ headers, id, key }: Message): InvalidMessageError | undefined {
    if (!(headers?.size <= messageBounds.headers)) {
      return invalid(`its headers must be a Map of at most ${messageBounds.headers}`)
    }
    this.#id = id
    this.#key = key
    this.#at = 0
    this.#chars = 0
    this.#error = undefined
    headers.forEach(this.#look)
    if (this.#error !== undefined || this.#chars * 3 <= messageBounds.headerBytes) return this.#error
    if (headerBytes(headers) <= messageBounds.headerBytes) return undefined
    return invalid(`its headers have more than ${messageBounds.headerBytes} bytes`)
  }

  #look = (value: string, name: string): void => {
    if (this.#error !== undefined) return
    const at = this.#at++
    if (this.#names[at] !== name || name === undefined) {
      this.#error = checkHeaderName(name)
      if (this.#error !== undefined) return
      this.#names[at] = name
    }
    if (this.#values[at] !== value || value === undefined) {
      if (!this.#isKnownText(value)) {
        this.#error = invalid(`the header ${shown(name)} must be text without control characters`)
        return
      }
      this.#values[at] = value
    }
    this.#chars += name.length + value.length
  }

  /** A value that repeats the id or the key has been read already. */
  #isKnownText(value: string): boolean {
    return value !== undefined && (value === this.#id || value === this.#key || isText(value))
  }
}

function checkSize(message: Message, maxMessageBytes: number): MessageTooLargeError | undefined {
  // Headers and key are bounded: most messages are small enough without counting.
  const most = (message.body?.byteLength ?? 0) + messageBounds.headerBytes + messageBounds.keyChars * 3
  if (most <= maxMessageBytes) return undefined
  const bytes = messageBytes(message)
  if (bytes <= maxMessageBytes) return undefined
  return new MessageTooLargeError(`The message has ${bytes} bytes, the broker takes ${maxMessageBytes}`)
}

function checkNotBefore(
  notBefore: number | undefined,
  limits: MessageLimits,
): InvalidMessageError | UnsupportedError | undefined {
  if (notBefore === undefined) return undefined
  if (!Number.isSafeInteger(notBefore) || notBefore < 0) return invalid('notBefore must be whole epoch milliseconds')
  return limits.delayedPublish === false ? new UnsupportedError('This broker has no delayed publish') : undefined
}

const text = 'characters of text without control characters'
const invalid = (reason: string): InvalidMessageError => new InvalidMessageError(`The message can't travel: ${reason}`)

function utf8Bytes(value: string): number {
  let bytes = value.length
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return bytes
}
