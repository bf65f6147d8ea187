import { createReadStream } from 'node:fs'

export interface Line {
  /** 1-based. */
  readonly number: number
  /** Undefined: longer than allowed; none of it was kept. */
  readonly bytes: Buffer | undefined
  /** Read so far, this line included. */
  readonly offset: number
}

const newline = 0x0a

/** The lines of a file, one at a time: neither a huge file nor a huge line is ever in memory. */
export async function* readLines(file: string, maxBytes: number): AsyncGenerator<Line> {
  let held: Buffer[] = []
  let size = 0
  let number = 1
  let offset = 0
  const add = (piece: Buffer): void => {
    size += piece.length
    offset += piece.length
    if (size > maxBytes) held = []
    else if (piece.length > 0) held.push(piece)
  }
  const take = (): Line => {
    const line = { number, bytes: size > maxBytes ? undefined : Buffer.concat(held), offset }
    held = []
    size = 0
    number++
    return line
  }

  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end))
      offset++
      start = end + 1
      yield take()
    }
    add(chunk.subarray(start))
  }
  if (size > 0) yield take()
}
