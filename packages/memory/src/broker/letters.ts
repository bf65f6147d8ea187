import { type DeadLetter, type Failure, readFailure, toFailureHeaders } from '@eventspine/core/transport'
import { type Arena, toMessage } from '../mapper.ts'
import type { Log } from './log.ts'
import { type Stored, unpool } from './stored.ts'

export interface Letter {
  readonly stored: Stored
  /** The partition that it came from. */
  readonly log: Log
  readonly failure: Failure
  readonly hop: number
  /** Hidden while somebody looks, where looking locks. */
  locked: boolean
}

/** The dead letters of one group; they outlive it. */
export class Letters {
  #letters: Letter[] = []
  readonly #discarded = new WeakSet<Stored>()
  readonly #arena: Arena

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** The failure goes through its headers, so that it is cut and cleaned as on every broker. */
  add(stored: Stored, log: Log, failure: Failure, hop: number): void {
    this.#letters.push({
      stored: unpool(stored),
      log,
      failure: readFailure(toFailureHeaders(failure, hop)),
      hop,
      locked: false,
    })
  }

  /** Those that nobody looks at, as they are now. */
  get free(): readonly Letter[] {
    return this.#letters.filter((letter) => !letter.locked)
  }

  get all(): readonly Letter[] {
    return this.#letters
  }

  remove(letters: readonly Letter[]): void {
    const gone = new Set(letters)
    this.#letters = this.#letters.filter((letter) => !gone.has(letter))
  }

  discard(letters: readonly Letter[]): void {
    for (const letter of letters) this.#discarded.add(letter.stored)
    this.remove(letters)
  }

  /** Whether the message was thrown away here: it is nowhere, and yet nobody has acked it. */
  discarded(stored: Stored): boolean {
    return this.#discarded.has(stored)
  }

  show(letter: Letter): DeadLetter {
    return { message: toMessage(letter.stored, this.#arena), failure: { ...letter.failure }, hop: letter.hop }
  }
}
