import type { Message } from './message.ts'

/** Why a delivery became a dead letter. Texts are cut to a bound and hold no payload of ours. */
export interface Failure {
  /** `handler-failed`, `undecodable`, `invalid-data`, `unsupported-version`, `crash-loop`, … */
  readonly code: string
  /** The error's class name. */
  readonly name: string
  readonly message: string
  readonly stack?: string
  /** Attempts made, the failed one included; 0 when no handler ran. */
  readonly attempts: number
  readonly group: string
  /** The topic that it came from. */
  readonly topic: string
  readonly partition?: string
  /** Epoch milliseconds of the failure. */
  readonly at: number
}

export interface DeadLetter {
  /** As it was delivered: body, key and headers, without the failure headers. */
  readonly message: Message
  readonly failure: Failure
  /** How often it became a dead letter or was replayed before: 0 the first time. */
  readonly hop: number
}

/** The dead letters of one group. `match` decides per letter; everything is a scan of a snapshot. */
export interface DeadLetters {
  /** Approximate where the broker's count is. */
  count(): Promise<number>
  browse(options?: { limit?: number; match?: (letter: DeadLetter) => boolean }): AsyncIterable<DeadLetter>
  /** Back to this group only, attempt 1, hop + 1: the copy is confirmed before the letter is removed. Resolves to how many. */
  replay(match: (letter: DeadLetter) => boolean): Promise<number>
  discard(match: (letter: DeadLetter) => boolean): Promise<number>
  purge(): Promise<void>
}
