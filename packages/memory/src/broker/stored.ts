/** A message as the broker keeps it: nothing in it is shared with whoever published it or gets it. */
export interface Stored {
  readonly topic: string
  readonly id: string
  readonly source: string
  readonly key: string | undefined
  /** Name, value, name, value, … */
  readonly headers: readonly string[]
  body: Uint8Array | null
  /** Counts what the broker has accepted. */
  readonly seq: number
}

/** A message that a group has to get (again), beside those that its cursors have not come to yet. */
export interface Entry {
  readonly stored: Stored
  /** Where it stands among the group's messages of its partition: its offset, for a replay just before the cursor. */
  readonly order: number
  readonly attempt: number
  readonly redelivered: number
  readonly hop: number
}

export const bytesOf = (stored: Stored): number => (stored.body === null ? 0 : stored.body.byteLength)

/** For what may stay long: a body of its own, so that it doesn't pin the chunk that it shares with others. */
export function unpool(stored: Stored): Stored {
  if (stored.body !== null && stored.body.byteLength < stored.body.buffer.byteLength) {
    stored.body = Uint8Array.from(stored.body)
  }
  return stored
}
