const encoder = /* @__PURE__ */ new TextEncoder()
const seed = 0x9747b28c
const m = 0x5bd1e995

/** Kafka's murmur2 over the UTF-8 bytes of `key`, as a signed 32-bit integer: the same number as the Java client's. */
export function murmur2(key: string): number {
  const ascii = hashAscii(key)
  return ascii ?? hashBytes(encoder.encode(key))
}

/** Which of `partitions` a key belongs to: positive murmur2 modulo, on every broker. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** Without an encoding step; undefined when `key` isn't ASCII. */
function hashAscii(key: string): number | undefined {
  const length = key.length
  let seen = 0
  let h = seed ^ length
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    h = mixed(h, a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  for (let shift = 0; i < length; i++, shift += 8) {
    const char = key.charCodeAt(i)
    seen |= char
    tail |= char << shift
  }
  return seen > 0x7f ? undefined : finished(h, tail, (length & 3) > 0)
}

function hashBytes(bytes: Uint8Array): number {
  const length = bytes.length
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  let h = seed ^ length
  let i = 0
  for (; i + 4 <= length; i += 4) h = mixed(h, view.getInt32(i, true))
  let tail = 0
  for (let shift = 0; i < length; i++, shift += 8) tail |= view.getUint8(i) << shift
  return finished(h, tail, (length & 3) > 0)
}

function mixed(h: number, word: number): number {
  let k = Math.imul(word, m)
  k ^= k >>> 24
  return Math.imul(h, m) ^ Math.imul(k, m)
}

function finished(h: number, tail: number, hasTail: boolean): number {
  let hash = hasTail ? Math.imul(h ^ tail, m) : h
  hash = Math.imul(hash ^ (hash >>> 13), m)
  return hash ^ (hash >>> 15)
}
