import type { Delivery, Message, SettleResult } from '@eventspine/core/transport'
import type { Claim } from './claim.ts'
import type { Entry, Stored } from './stored.ts'

/**
 * A delivery and its bookkeeping in one object: settling looks nothing up. What is private doesn't show in a copy, in JSON
 * or in a clone, so to its holder it is plain data.
 */
export class Held implements Delivery {
  readonly message: Message
  readonly attempt: number
  readonly redelivered: number
  readonly partition: string
  readonly lease: AbortSignal
  readonly #claim: Claim
  readonly #stored: Stored
  readonly #order: number
  readonly #hop: number
  #answer: SettleResult | undefined
  #failedAttempt = 0

  constructor(
    claim: Claim,
    message: Message,
    stored: Stored,
    order: number,
    attempt: number,
    redelivered: number,
    hop: number,
  ) {
    this.message = message
    this.attempt = attempt
    this.redelivered = redelivered
    this.partition = claim.cursor.log.name
    this.lease = claim.lease
    this.#claim = claim
    this.#stored = stored
    this.#order = order
    this.#hop = hop
  }

  static is(delivery: Delivery): delivery is Held {
    return typeof delivery === 'object' && delivery !== null && #claim in delivery
  }

  static claim(held: Held): Claim {
    return held.#claim
  }

  static stored(held: Held): Stored {
    return held.#stored
  }

  static hop(held: Held): number {
    return held.#hop
  }

  /** What its settlement was answered; undefined = it is still held or its claim is over. */
  static answer(held: Held): SettleResult | undefined {
    return held.#answer
  }

  static settle(held: Held): void {
    held.#answer = 'settled'
  }

  static note(held: Held, attempt: number): void {
    if (held.#answer === undefined) held.#failedAttempt = Math.max(held.#failedAttempt, attempt)
  }

  /** As the group gets it again when nobody has settled it. */
  static returned(held: Held): Entry {
    return {
      stored: held.#stored,
      order: held.#order,
      attempt: Math.max(held.attempt, held.#failedAttempt + 1),
      redelivered: held.redelivered + 1,
      hop: held.#hop,
    }
  }

  /** As the group gets it for a retry. */
  static retried(held: Held, attempt: number): Entry {
    return { stored: held.#stored, order: held.#order, attempt, redelivered: 0, hop: held.#hop }
  }
}
