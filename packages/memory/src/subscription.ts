import {
  ConnectionFailedError,
  type Delivery,
  type Settlement,
  type SettleResult,
  type SubscribeOptions,
  type Subscription,
} from '@eventspine/core/transport'
import { Held } from './broker/held.ts'
import type { Member } from './broker/member.ts'
import type { Link } from './link.ts'
import { Turns } from './turns.ts'

/** A member of a group as its client holds it. Nothing is fetched ahead: each pull reads what there is, up to `prefetch`. */
export class MemorySubscription implements Subscription {
  readonly member: Member
  readonly note?: (delivery: Delivery, attempt: number) => void
  readonly #link: Link
  readonly #signal: AbortSignal | undefined
  readonly #onClosed: () => void
  readonly #turns = new Turns()

  constructor(link: Link, member: Member, { signal }: SubscribeOptions, onClosed: () => void) {
    this.#link = link
    this.member = member
    this.#signal = signal
    this.#onClosed = onClosed
    if (link.broker.capabilities.attempts === 'durable') this.note = this.#note
    signal?.addEventListener('abort', this.#abort, { once: true })
    if (signal?.aborted) this.#abort()
  }

  /** A `break` out of a loop ends that loop only: the subscription ends with `stop` or `close`. */
  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[], undefined> {
    return {
      next: () => this.#turns.due()?.then(() => this.member.next()) ?? this.member.next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const { member } = this
    this.#turns.count(settlements.length)
    while (!this.#link.passes || member.frozen) {
      await this.#link.passing()
      await member.thawed
    }
    if (member.crashed) throw new ConnectionFailedError('Injected: the member has crashed')
    const results = member.settle(settlements)
    // Sent again, they would be answered by what they are already.
    this.#link.losesAnswer()
    return results
  }

  async stop(): Promise<void> {
    this.member.stop()
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.member.close()
    this.#onClosed()
  }

  #abort = (): void => void this.close()

  #note = (delivery: Delivery, attempt: number): void => {
    if (Held.is(delivery) && !this.member.crashed) Held.note(delivery, attempt)
  }
}
