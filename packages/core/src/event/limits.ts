/** Bounds that a message must keep before anything of it is parsed. */
export interface Limits {
  /** Bytes of the body. Default 1 MiB. */
  readonly bodyBytes: number
  /** Nesting of JSON arrays and objects. Default 64. */
  readonly depth: number
  /** Default 100. */
  readonly headers: number
  /** UTF-16 units of all header names and values together. Default 64 Ki. */
  readonly headerChars: number
}

/** UTF-16 units of all names and values. */
export function headerChars(headers: ReadonlyMap<string, string>): number {
  let chars = 0
  // On the path of every event: iterating a Map's entries would make an array for each header.
  headers.forEach((value, name) => {
    chars += name.length + value.length
  })
  return chars
}

export const defaultLimits: Limits = { bodyBytes: 1_048_576, depth: 64, headers: 100, headerChars: 65_536 }
