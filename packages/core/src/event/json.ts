import { LimitExceededError, UndecodableError } from './errors.ts'
import { jsonText } from './utf8.ts'

/**
 * JSON data from the wire. Depth is counted on the bytes: what nests too deep is refused before `JSON.parse`, since it would
 * parse and then overflow the stack of whatever walks it. Keys that could reach a prototype are dropped.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  checkDepth(bytes, maxDepth)
  const text = jsonText(bytes)
  const value = parsed(text)
  return suspicious.test(text) ? disarmed(value) : value
}

/** JSON as it stands, every key kept: for what goes on to somebody else. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return parsed(jsonText(bytes))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What JSON.parse throws quotes the payload, so it is no cause.
    throw new UndecodableError('the body is not JSON')
  }
}

/** A key may be spelled with escapes, which honest producers need for control characters only. */
const suspicious = /"__proto__"|"constructor"|\\u/

/**
 * Drops own `__proto__` keys, and `constructor` where it holds a `prototype`: `JSON.parse` keeps them as data, and the next
 * `Object.assign` or deep merge would follow them.
 */
function disarmed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const record = value as Record<string, unknown>
  for (const key of Object.keys(record)) {
    const member = record[key]
    if (key === '__proto__' || (key === 'constructor' && holdsPrototype(member))) delete record[key]
    else disarmed(member)
  }
  return value
}

function holdsPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}

/** Throws `limit-exceeded` when arrays and objects of the JSON text nest deeper than `maxDepth`. */
export function checkDepth(bytes: Uint8Array, maxDepth: number): void {
  // Each level takes an opening and a closing byte.
  if (bytes.length <= maxDepth * 2) return
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x22) i = endOfString(bytes, i)
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) throw new LimitExceededError(`JSON nests deeper than ${maxDepth}`)
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
}

/** The index of the quote that closes the string opened at `open`. */
function endOfString(bytes: Uint8Array, open: number): number {
  let i = open + 1
  for (; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x22) return i
    if (byte === 0x5c) i++
  }
  return i
}
