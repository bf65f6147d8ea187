import type { Message } from '@eventspine/core/transport'
import type { Stored } from './broker/stored.ts'

/** Bodies are copied into chunks, for an allocation each would cost more than the copy. A held body pins its chunk. */
const chunkBytes = 16_384
const largestPooled = chunkBytes / 4

export class Arena {
  #chunk = new Uint8Array(chunkBytes)
  #used = 0

  copy(bytes: Uint8Array): Uint8Array {
    const length = bytes.byteLength
    if (length > largestPooled) return Uint8Array.from(bytes)
    if (this.#used + length > chunkBytes) {
      this.#chunk = new Uint8Array(chunkBytes)
      this.#used = 0
    }
    const from = this.#used
    this.#used += length
    this.#chunk.set(bytes, from)
    return new Uint8Array(this.#chunk.buffer, from, length)
  }
}

/**
 * In: headers and body are copied as a network would, so that nobody's later change is seen by anybody else. What travels is
 * text and bytes only, as on every broker.
 */
export function toStored(message: Message, arena: Arena, seq: number): Stored {
  const headers = new Array<string>(message.headers.size * 2)
  let at = 0
  // Where a loop would make an array of each pair.
  message.headers.forEach((value, name) => {
    headers[at++] = name
    headers[at++] = value
  })
  const { topic, id, source, key, body } = message
  return { topic, id, source, key, headers, body: body === null ? null : arena.copy(body), seq }
}

/** Out: copied once more, for every delivery, group and look. */
export function toMessage(stored: Stored, arena: Arena): Message {
  const { topic, id, source, key } = stored
  const headers = new Map<string, string>()
  const flat = stored.headers
  for (let i = 0; i < flat.length; i += 2) headers.set(flat[i] as string, flat[i + 1] as string)
  const body = stored.body === null ? null : arena.copy(stored.body)
  return key === undefined ? { topic, id, source, headers, body } : { topic, id, source, key, headers, body }
}
