import { UndecodableError } from './errors.ts'

const poolBytes = 16_384
const encoder = /* @__PURE__ */ new TextEncoder()
/** JSON may begin with a byte order mark; in text it is a character of the data. */
const jsonDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true })
const textDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

let pool = /* @__PURE__ */ new Uint8Array(poolBytes)
let used = 0

/**
 * UTF-8 of `text`. Short results are views into a shared pool, never written again: an allocation each would cost more than
 * the encoding.
 */
export function utf8(text: string): Uint8Array {
  if (text.length > poolBytes / 12) return encoder.encode(text)
  // The length of a pool whose buffer was transferred away is zero.
  if (used + text.length * 3 > pool.length) {
    pool = new Uint8Array(poolBytes)
    used = 0
  }
  const start = used
  used += encoder.encodeInto(text, pool.subarray(start)).written
  return pool.subarray(start, used)
}

/** Throws `undecodable` when `bytes` aren't UTF-8. */
export function jsonText(bytes: Uint8Array): string {
  return decoded(bytes, jsonDecoder)
}

/** Throws `undecodable` when `bytes` aren't UTF-8. */
export function plainText(bytes: Uint8Array): string {
  return decoded(bytes, textDecoder)
}

function decoded(bytes: Uint8Array, decoder: TextDecoder): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new UndecodableError('the body is not UTF-8')
  }
}
