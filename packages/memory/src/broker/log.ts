import { bytesOf, type Stored } from './stored.ts'

const segmentBits = 6
const segmentSize = 1 << segmentBits

interface Segment {
  readonly messages: Stored[]
  bytes: number
}

/** Somebody who reads a log: nothing from `position` on is trimmed. */
export interface Reader {
  readonly position: number
}

export interface Retention {
  /** How much is kept of what every group has read. */
  readonly messages: number
  /** How much is kept at most, of bodies: also of what nobody has read because there is no group. */
  readonly bytes: number
}

/** One partition of a topic: append-only, trimmed by whole segments from its beginning. */
export class Log {
  readonly topic: string
  /** Unique among the partitions of all topics. */
  readonly name: string
  readonly readers = new Set<Reader>()
  /** The first offset that is still here, and the one that comes next. */
  start = 0
  end = 0
  readonly #retention: Retention
  readonly #segments: Segment[] = [{ messages: [], bytes: 0 }]
  #tail = this.#segments[0] as Segment
  #bytes = 0

  constructor(topic: string, index: number, retention: Retention) {
    this.topic = topic
    this.name = `${topic}/${index}`
    this.#retention = retention
  }

  append(stored: Stored): void {
    if (this.#tail.messages.length === segmentSize) {
      this.#tail = { messages: [], bytes: 0 }
      this.#segments.push(this.#tail)
      this.trim()
    }
    const bytes = bytesOf(stored)
    this.#tail.messages.push(stored)
    this.#tail.bytes += bytes
    this.#bytes += bytes
    this.end++
  }

  at(offset: number): Stored {
    const index = offset - this.start
    return (this.#segments[index >> segmentBits] as Segment).messages[index & (segmentSize - 1)] as Stored
  }

  /** Drops what all have read and the retention doesn't keep; called when a segment is full or has been read. */
  trim(): void {
    if (this.#segments.length === 1) return
    const floor = this.#slowest()
    while (this.#segments.length > 1 && this.start + segmentSize <= floor && this.#exceeds()) {
      this.#bytes -= this.#segments.shift()?.bytes ?? 0
      this.start += segmentSize
    }
  }

  *[Symbol.iterator](): Generator<Stored> {
    for (const segment of this.#segments) yield* segment.messages
  }

  #exceeds(): boolean {
    const { messages, bytes } = this.#retention
    if (this.#bytes > bytes) return true
    return this.readers.size > 0 && this.end - this.start - segmentSize >= messages
  }

  #slowest(): number {
    let slowest = this.end
    for (const reader of this.readers) if (reader.position < slowest) slowest = reader.position
    return slowest
  }
}

/** Whether a reader that moved from one offset to another has finished a segment. */
export const crossesSegment = (from: number, to: number): boolean => from >> segmentBits !== to >> segmentBits
