import { bytesOf, type Stored } from './stored.ts'

const segmentBits = 8
const segmentSize = 1 << segmentBits

/** Somebody who reads a log: nothing from `position` on is trimmed. */
export interface Reader {
  readonly position: number
}

/** What a log keeps of what every group has read. */
export interface Retention {
  readonly messages: number
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
  readonly #segments: Stored[][] = [[]]
  #tail = this.#segments[0] as Stored[]
  #bytes = 0

  constructor(topic: string, index: number, retention: Retention) {
    this.topic = topic
    this.name = `${topic}/${index}`
    this.#retention = retention
  }

  append(stored: Stored): void {
    if (this.#tail.length === segmentSize) {
      this.#tail = []
      this.#segments.push(this.#tail)
      this.trim()
    }
    this.#tail.push(stored)
    this.#bytes += bytesOf(stored)
    this.end++
  }

  at(offset: number): Stored {
    const index = offset - this.start
    return (this.#segments[index >> segmentBits] as Stored[])[index & (segmentSize - 1)] as Stored
  }

  /** Drops what all have read and the retention doesn't keep; called when a segment is full or has been read. */
  trim(): void {
    if (this.#segments.length === 1) return
    const floor = this.#slowest()
    while (this.#segments.length > 1 && this.start + segmentSize <= floor && this.#exceeds()) {
      const dropped = this.#segments.shift() as Stored[]
      for (const stored of dropped) this.#bytes -= bytesOf(stored)
      this.start += segmentSize
    }
  }

  *[Symbol.iterator](): Generator<Stored> {
    for (const segment of this.#segments) yield* segment
  }

  #exceeds(): boolean {
    const { messages, bytes } = this.#retention
    return this.end - this.start - segmentSize >= messages || this.#bytes > bytes
  }

  #slowest(): number {
    let slowest = this.end
    for (const reader of this.readers) if (reader.position < slowest) slowest = reader.position
    return slowest
  }
}

/** Whether a reader that moved from one offset to another has finished a segment. */
export const crossesSegment = (from: number, to: number): boolean => from >> segmentBits !== to >> segmentBits
