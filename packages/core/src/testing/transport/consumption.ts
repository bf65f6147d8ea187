import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '../../transport/message.ts'
import type { Delivery, Settlement, Subscription } from '../../transport/subscription.ts'
import type { GroupSpec } from '../../transport/topology.ts'
import { type Arrival, Arrivals } from './arrivals.ts'
import { type Bar, breaches, check } from './checker.ts'
import type { Member, Timing } from './harness.ts'

/** Decides what becomes of a delivery; `undefined` leaves it unsettled. */
export type Handle = (delivery: Delivery) => Settlement | undefined | Promise<Settlement | undefined>

export interface ReaderOptions {
  /** The member that subscribes; the scene's main one by default. */
  readonly on?: Member
  /** Acks by default. */
  readonly handle?: Handle
  /** 100 by default. */
  readonly prefetch?: number
  /** 16 MiB by default. */
  readonly prefetchBytes?: number
  /** The harness' shortest by default. */
  readonly leaseMs?: number
  readonly signal?: AbortSignal
}

/** One subscription that is being read. */
export interface Reader {
  readonly name: string
  readonly subscription: Subscription
  /** Settles when the iterator has ended, however it ended. */
  readonly ended: Promise<void>
  /** Sends settlements, again while the broker does not take them. */
  settle(settlements: readonly Settlement[]): Promise<void>
}

export interface ConsumptionContext {
  readonly timing: Timing
  readonly signal: AbortSignal
  readonly main: () => Promise<Member>
}

const ack: Handle = (delivery) => ({ delivery, as: 'ack' })

/** What one group gets over all its readers, and how to wait for it. */
export class Consumption {
  readonly group: GroupSpec
  readonly arrivals = new Arrivals()
  readonly readers: Reader[] = []
  readonly errors: unknown[] = []
  readonly #context: ConsumptionContext
  readonly #byDelivery = new Map<Delivery, Arrival>()

  constructor(group: GroupSpec, context: ConsumptionContext) {
    this.group = group
    this.#context = context
  }

  get ids(): readonly string[] {
    return this.arrivals.all.map((arrival) => arrival.id)
  }

  get deliveries(): readonly Delivery[] {
    return this.arrivals.all.map((arrival) => arrival.delivery)
  }

  /** Subscribes one more reader and starts it. */
  async join(options: ReaderOptions = {}): Promise<Reader> {
    const member = options.on ?? (await this.#context.main())
    const subscription = await member.transport.subscribe({
      group: this.group,
      prefetch: options.prefetch ?? 100,
      prefetchBytes: options.prefetchBytes ?? 16 * 1024 * 1024,
      leaseMs: options.leaseMs ?? this.#context.timing.leaseMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    const name = `reader ${this.readers.length + 1}`
    const ended = this.#read(subscription, name, options.handle ?? ack)
    const reader = {
      name,
      subscription,
      ended,
      settle: (list: readonly Settlement[]) => this.#settle(subscription, list),
    }
    this.readers.push(reader)
    return reader
  }

  /** Waits until `enough`, which is asked after each batch; fails with what did arrive. */
  async until(what: string, enough: () => boolean, withinMs = this.#context.timing.patienceMs): Promise<void> {
    const start = performance.now()
    if (await this.arrivals.until(enough, withinMs, this.#context.signal)) return
    assert.fail(`waited ${Math.round(performance.now() - start)} ms for ${what}`)
  }

  /** Waits until so many have arrived, redeliveries counted. */
  count(count: number, withinMs?: number): Promise<void> {
    return this.until(`${count} deliveries`, () => this.arrivals.all.length >= count, withinMs)
  }

  /** Waits until each of `messages` has arrived at least once. */
  async gets(messages: readonly Message[], withinMs?: number): Promise<void> {
    const missing = new Set(messages.map((message) => message.id))
    let looked = 0
    const enough = (): boolean => {
      for (; looked < this.arrivals.all.length; looked++) missing.delete(this.arrivals.all[looked]?.id ?? '')
      return missing.size === 0
    }
    await this.until(`all of ${messages.length} messages`, enough, withinMs).catch((error: Error) => {
      error.message += `: ${missing.size} missing`
      throw error
    })
  }

  /** Waits for `messages`, then for silence, and holds the whole run against the bar. */
  async completes(messages: readonly Message[], bar: Bar = {}, withinMs?: number): Promise<void> {
    await this.gets(messages, withinMs)
    await this.quiet()
    this.verify(messages, bar)
  }

  verify(messages: readonly Message[], bar: Bar = {}): void {
    const found = breaches(check(messages, this.arrivals.all), bar)
    assert.ok(found.length === 0, found.join('; '))
  }

  /** Fails when anything arrives within the harness' quiet time. */
  async quiet(forMs = this.#context.timing.quietMs): Promise<void> {
    const before = this.arrivals.all.length
    await this.arrivals.until(() => this.arrivals.all.length > before, forMs, this.#context.signal)
    const extra = this.ids.slice(before)
    assert.deepEqual(extra, [], `expected silence after ${before} deliveries`)
  }

  /** Waits until nothing has arrived for the harness' quiet time. */
  async atRest(): Promise<void> {
    for (let before = -1; before !== this.arrivals.all.length && !this.#context.signal.aborted; ) {
      before = this.arrivals.all.length
      await delay(this.#context.timing.quietMs)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.subscription.close()))
    await Promise.all(this.readers.map((reader) => reader.ended))
  }

  describe(): string {
    const errors = this.errors.map((error) => `\n  reader failed: ${error}`).join('')
    return `group ${this.group.name}: ${this.arrivals.describe()}${errors}`
  }

  async #read(subscription: Subscription, by: string, handle: Handle): Promise<void> {
    try {
      for await (const batch of subscription) {
        const settlements: Settlement[] = []
        for (const delivery of batch) {
          const settlement = await this.#arrive(delivery, by, handle)
          if (settlement !== undefined) settlements.push(settlement)
        }
        this.arrivals.notify()
        await this.#settle(subscription, settlements)
      }
    } catch (error) {
      this.errors.push(error)
    }
  }

  async #arrive(delivery: Delivery, by: string, handle: Handle): Promise<Settlement | undefined> {
    const { id, topic, key } = delivery.message
    const arrival: Arrival = { id, topic, key, delivery, by, at: performance.now() }
    if (delivery.lease.aborted) {
      this.arrivals.stale.push(arrival)
      return undefined
    }
    this.arrivals.all.push(arrival)
    this.#byDelivery.set(delivery, arrival)
    return handle(delivery)
  }

  async #settle(subscription: Subscription, settlements: readonly Settlement[]): Promise<void> {
    if (settlements.length === 0) return
    for (let tries = 1; ; tries++) {
      try {
        const results = await subscription.settle(settlements)
        this.#answer(settlements, results)
        return
      } catch (error) {
        if (this.#context.signal.aborted || tries === maxTries) throw error
        await delay(retryMs)
      }
    }
  }

  #answer(settlements: readonly Settlement[], results: Awaited<ReturnType<Subscription['settle']>>): void {
    assert.equal(results.length, settlements.length, 'settle() answers each settlement')
    settlements.forEach(({ delivery }, index) => {
      const arrival = this.#byDelivery.get(delivery)
      if (arrival !== undefined) arrival.settled = results[index] ?? 'lost'
    })
    this.arrivals.notify()
  }
}

/** A broker that is away refuses settlements for a while. */
const maxTries = 200
const retryMs = 50
