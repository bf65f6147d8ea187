const poolBytes = 4_096
const hex = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * A generator of UUIDv7 (RFC 9562 section 5.7) whose ids sort as they were made: a 12-bit counter inside a millisecond
 * (section 6.2, method 1), and a clock that went back is ignored until it has caught up.
 */
export function createUuidV7(): (now: number) => string {
  const pool = new Uint8Array(poolBytes)
  let used = poolBytes
  let lastMs = -1
  let counter = 0
  let prefix = ''

  return function uuidV7(now) {
    if (used + 10 > poolBytes) {
      globalThis.crypto.getRandomValues(pool)
      used = 0
    }
    if (now > lastMs) {
      lastMs = Math.floor(now)
      // The upper half stays free, so that at least 2,048 more ids fit into this millisecond.
      counter = ((byteAt(pool, used) << 8) | byteAt(pool, used + 1)) & 0x7ff
      prefix = timePrefix(lastMs)
      used += 2
    } else if (++counter > 0xfff) {
      lastMs += 1
      counter = 0
      prefix = timePrefix(lastMs)
    }
    const at = used
    used += 8
    return (
      prefix +
      hexOf(0x70 | (counter >> 8)) +
      hexOf(counter & 0xff) +
      '-' +
      hexOf(0x80 | (byteAt(pool, at) & 0x3f)) +
      hexOf(byteAt(pool, at + 1)) +
      '-' +
      hexOf(byteAt(pool, at + 2)) +
      hexOf(byteAt(pool, at + 3)) +
      hexOf(byteAt(pool, at + 4)) +
      hexOf(byteAt(pool, at + 5)) +
      hexOf(byteAt(pool, at + 6)) +
      hexOf(byteAt(pool, at + 7))
    )
  }
}

/** The one that publishing uses: ids of one process sort as they were made. */
export const uuidV7: (now: number) => string = /* @__PURE__ */ createUuidV7()

/** `0190a1b2-c3d4-`: 48 bits of milliseconds. */
function timePrefix(ms: number): string {
  const digits = ms.toString(16).padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}-`
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number
}

function hexOf(byte: number): string {
  return hex[byte] as string
}
