import { sleep } from '../clock.ts'
import type { Delivery, Subscription } from '../transport/subscription.ts'
import { Dispatcher } from './dispatcher.ts'
import type { MemberScope } from './member-scope.ts'

/**
 * Why a session ended. `suspect`: it met a delivery that may be what kills its readers, and another session has to read
 * alone. `calm`: a session that reads alone has met an innocent one.
 */
export type SessionEnd =
  | { readonly why: 'stopped' | 'suspect' | 'calm' }
  | { readonly why: 'broken'; readonly error: unknown }

/** How long handlers may go on after their signal aborted, before the session leaves them behind. */
const abortGraceMs = 1_000

/** One subscription, from its first pull to its close. */
export class Session {
  readonly #member: MemberScope
  readonly #subscription: Subscription
  readonly #alone: boolean
  readonly #dispatcher: Dispatcher
  #stopping = false
  #wake: (() => void) | undefined

  /** `alone`: read one delivery at a time, so that a crash accuses only it. */
  constructor(member: MemberScope, subscription: Subscription, options: { readonly alone: boolean }) {
    this.#member = member
    this.#subscription = subscription
    this.#alone = options.alone
    this.#dispatcher = new Dispatcher(member, subscription, () => this.notice())
  }

  /** Pulls until told to stop or until something ends it; it then still holds what it holds. */
  async run(): Promise<SessionEnd> {
    try {
      const iterator = this.#subscription[Symbol.asyncIterator]()
      for (;;) {
        if (!this.#hasRoom()) await this.#until(() => this.#hasRoom())
        if (this.#stopping) return { why: 'stopped' }
        const next = await iterator.next()
        if (next.done) return { why: 'stopped' }
        const end = this.#alone ? await this.#takeAlone(next.value) : this.#take(next.value)
        if (end !== undefined) return { why: end }
      }
    } catch (error) {
      return { why: 'broken', error }
    }
  }

  /** Ends `run` soon: the transport lets nothing new come. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.notice()
    await this.#ended(this.#subscription.stop())
  }

  /**
   * Gives back what isn't running, waits for what is until `graceOver` resolves and a moment longer (its signals have
   * aborted by then), and closes the subscription.
   */
  async drain(graceOver: Promise<void>): Promise<void> {
    const late = graceOver.then(() => sleep(this.#member.clock, abortGraceMs))
    await Promise.race([this.stop(), late])
    this.#dispatcher.close()
    await Promise.race([this.#until(() => this.#dispatcher.running === 0 && this.#dispatcher.unsettled === 0), late])
    const { host, group } = this.#member
    const { running } = this.#dispatcher
    if (running > 0) host.logger.warn({ group, running }, 'handlers ignored their signal and are left behind')
    this.#dispatcher.abandon()
    await this.#ended(this.#subscription.close())
  }

  /** After a broken subscription: nothing can be settled, what runs is waited for as in `drain`. */
  async abandon(graceOver: Promise<void>): Promise<void> {
    this.#dispatcher.close()
    this.#dispatcher.abandon()
    await Promise.race([this.#until(() => this.#dispatcher.running === 0), graceOver])
    await this.#ended(this.#subscription.close())
  }

  /** Something changed that may let it go on: resumed, more concurrency, less in hand. */
  notice(): void {
    this.#dispatcher?.pump()
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** What can't be stopped or closed is gone with its connection, and its leases run out. */
  async #ended(ending: Promise<void>): Promise<void> {
    const { host, group } = this.#member
    await ending.catch((error: unknown) => host.logger.warn({ group, error }, 'subscription could not be ended'))
  }

  #take(deliveries: readonly Delivery[]): 'suspect' | undefined {
    const suspect = deliveries.find((delivery) => delivery.redelivered >= this.#member.setup.isolateAfter)
    if (suspect !== undefined) {
      const { host, group } = this.#member
      const { message, redelivered } = suspect
      host.logger.warn({ group, topic: message.topic, id: message.id, redelivered }, 'suspect delivery, reading alone')
      host.observe?.({ kind: 'isolated', group, message, redelivered })
      // Nothing of it may run in company: the next session meets it first.
      this.#dispatcher.close()
    }
    this.#dispatcher.accept(deliveries)
    return suspect === undefined ? undefined : 'suspect'
  }

  async #takeAlone(deliveries: readonly Delivery[]): Promise<'calm' | undefined> {
    const { isolateAfter, giveUpAfter } = this.#member.setup
    let calm = true
    for (const delivery of deliveries) {
      if (delivery.redelivered >= giveUpAfter) this.#dispatcher.giveUp(delivery)
      else this.#dispatcher.accept([delivery])
      await this.#until(() => this.#dispatcher.unsettled === 0 || this.#stopping)
      calm &&= delivery.redelivered < isolateAfter
    }
    return calm ? 'calm' : undefined
  }

  #hasRoom(): boolean {
    if (this.#stopping) return true
    if (this.#member.paused) return false
    return this.#alone ? this.#dispatcher.unsettled === 0 : this.#dispatcher.active < this.#low
  }

  /** With less than this in hand more is pulled. The concurrency may have changed meanwhile. */
  get #low(): number {
    return Math.max(this.#member.concurrency, this.#member.setup.prefetch >> 1)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const before = this.#wake
        this.#wake = () => {
          before?.()
          resolve()
        }
      })
    }
  }
}
