import { atMost, sleep } from '../clock.ts'
import { createDecoder } from '../event/decode-event.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { Subscription } from '../transport/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import type { Consumer, ConsumerCounts, ConsumerState } from './consumer.ts'
import { ConsumerStoppedError } from './errors.ts'
import type { MemberScope } from './member-scope.ts'
import type { ConsumerOptions } from './options.ts'
import { Session, type SessionEnd } from './session.ts'
import { type ConsumerHost, type ConsumerSetup, checkCounts, defaultConcurrency } from './setup.ts'

const firstRecoveryMs = 100
const longestRecoveryMs = 10_000
/** Failures in a row that can't mend themselves, before the consumer gives up. */
const recoveryBudget = 5

/** How long after its grace a stop waits for handlers that ignore it, and for a broker that doesn't answer. */
const afterGraceMs = 2_000

/** What a consumer gets at its start. */
export interface ConsumerStart {
  readonly host: ConsumerHost
  readonly setup: ConsumerSetup
  readonly transport: Transport
  readonly capabilities: Capabilities
}

/** A member of a group: it keeps a session running, makes it anew when it breaks, and reads suspects alone. */
export class GroupConsumer implements Consumer {
  readonly options: ConsumerOptions
  readonly counts: ConsumerCounts = noCounts()
  /** Epoch milliseconds since when it can't work; undefined while it can. */
  brokenSince: number | undefined
  #concurrency: number
  #paused = false
  #phase: Exclude<ConsumerState, 'paused'> = 'idle'
  #work: Work | undefined

  constructor(options: ConsumerOptions) {
    this.options = options
    this.#concurrency = options.concurrency ?? defaultConcurrency
  }

  get group(): string {
    return this.options.group
  }

  get state(): ConsumerState {
    return this.#phase === 'running' && this.#paused ? 'paused' : this.#phase
  }

  get paused(): boolean {
    return this.#paused
  }

  get concurrency(): number {
    return this.#concurrency
  }

  set concurrency(value: number) {
    checkCounts(this.group, { concurrency: value })
    this.#concurrency = value
    this.#work?.session?.notice()
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#work?.start.host.observe?.({ kind: 'paused', group: this.group })
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#work?.start.host.observe?.({ kind: 'resumed', group: this.group })
    this.#work?.session?.notice()
  }

  /** Resolves when the group's start position is durable and deliveries may come. */
  async start(start: ConsumerStart): Promise<void> {
    const work = new Work(start, this, (phase) => this.#enter(phase))
    this.#work = work
    await work.begin()
  }

  /** Waits for running handlers, aborts their signals after `graceMs`, gives back what it holds. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    await this.#work?.stop(graceMs)
    this.#phase = 'stopped'
  }

  /** It could not be started. */
  fail(): void {
    this.#enter('failed')
  }

  #enter(phase: Exclude<ConsumerState, 'paused'>): void {
    this.#phase = phase
    const broken = phase === 'recovering' || phase === 'failed'
    if (!broken) this.brokenSince = undefined
    else this.brokenSince ??= this.#work?.start.host.clock.now()
  }
}

/** A consumer between start and stop. */
class Work {
  readonly start: ConsumerStart
  session: Session | undefined
  readonly #consumer: GroupConsumer
  readonly #enter: (phase: Exclude<ConsumerState, 'paused'>) => void
  readonly #member: MemberScope
  readonly #stopping = new AbortController()
  readonly #aborting = new AbortController()
  readonly #graceOver: Promise<void>
  #ended: Promise<void> = Promise.resolve()
  #failures = 0

  constructor(start: ConsumerStart, consumer: GroupConsumer, enter: (phase: Exclude<ConsumerState, 'paused'>) => void) {
    this.start = start
    this.#consumer = consumer
    this.#enter = enter
    this.#member = memberScope(start, consumer, { stopping: this.#stopping.signal, stopped: this.#aborting.signal })
    this.#graceOver = new Promise((resolve) => {
      this.#aborting.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  async begin(): Promise<void> {
    const subscription = await this.#subscribe({ alone: false })
    if (this.#stopping.signal.aborted) return subscription.close()
    this.#ended = this.#keepRunning(subscription)
  }

  async stop(graceMs: number): Promise<void> {
    const { clock } = this.start.host
    const grace = clock.after(graceMs, () =>
      this.#aborting.abort(new ConsumerStoppedError(`The grace of ${graceMs} ms is over.`)),
    )
    this.#stopping.abort()
    const ended = Promise.all([this.session?.stop(), this.#ended])
    await atMost<unknown>(clock, graceMs + afterGraceMs, ended, () => undefined)
    grace.cancel()
  }

  async #keepRunning(first: Subscription): Promise<void> {
    let subscription: Subscription | undefined = first
    let alone = false
    while (subscription !== undefined) {
      const session = new Session(this.#member, subscription, { alone })
      this.session = session
      const received = this.#consumer.counts.received
      const end = await session.run()
      if (this.#consumer.counts.received > received) this.#failures = 0
      alone = end.why === 'suspect'
      await this.#leave(session, end)
      subscription = this.#stopping.signal.aborted ? undefined : await this.#subscribeAgain({ alone })
    }
  }

  async #leave(session: Session, end: SessionEnd): Promise<void> {
    if (this.#stopping.signal.aborted || end.why === 'suspect' || end.why === 'calm') {
      await session.drain(this.#graceOver)
    } else {
      // An iterator that ends unasked is as broken as one that throws.
      const error = end.why === 'broken' ? end.error : undefined
      await Promise.all([session.abandon(this.#graceOver), this.#recoverFrom(error)])
    }
  }

  async #subscribe(options: { readonly alone: boolean }): Promise<Subscription> {
    const { setup, transport } = this.start
    const { group, prefetchBytes, leaseMs } = setup
    const prefetch = options.alone ? 1 : setup.prefetch
    const subscription = await transport.subscribe({ group, prefetch, prefetchBytes, leaseMs })
    this.#enter(options.alone ? 'isolating' : 'running')
    return subscription
  }

  async #subscribeAgain(options: { readonly alone: boolean }): Promise<Subscription | undefined> {
    while (!this.#stopping.signal.aborted && this.#failures <= recoveryBudget) {
      try {
        const subscription = await this.#subscribe(options)
        if (!this.#stopping.signal.aborted) return subscription
        await subscription.close()
      } catch (error) {
        await this.#recoverFrom(error)
      }
    }
    if (!this.#stopping.signal.aborted) this.#giveUp()
    return undefined
  }

  /** Waits before the next try; errors that may mend themselves don't eat up the budget. */
  async #recoverFrom(error: unknown): Promise<void> {
    const { clock, logger, observe } = this.start.host
    const { group } = this.#consumer
    this.#enter('recovering')
    const recoverInMs = Math.min(longestRecoveryMs, firstRecoveryMs * 2 ** this.#failures)
    if ((error as { retryable?: unknown } | undefined)?.retryable !== true || this.#failures < recoveryBudget)
      this.#failures++
    logger.warn({ group, recoverInMs, error }, 'subscription broken, making it anew')
    observe?.({ kind: 'broken', group, error, recoverInMs })
    await sleep(clock, recoverInMs, this.#stopping.signal)
  }

  #giveUp(): void {
    const { logger, observe } = this.start.host
    this.#enter('failed')
    logger.error({ group: this.#consumer.group }, 'subscription keeps breaking, giving up')
    observe?.({ kind: 'broken', group: this.#consumer.group, error: undefined, recoverInMs: undefined })
  }
}

function memberScope(
  start: ConsumerStart,
  consumer: GroupConsumer,
  signals: { readonly stopping: AbortSignal; readonly stopped: AbortSignal },
): MemberScope {
  const { host, setup, capabilities } = start
  const definitions = setup.registrations.map((registration) => registration.definition)
  return {
    group: consumer.group,
    clock: host.clock,
    consumer: { pause: () => consumer.pause(), resume: () => consumer.resume(), stopping: signals.stopping },
    stopped: signals.stopped,
    publish: host.publish,
    setup,
    host,
    capabilities,
    decoder: createDecoder(definitions, host.limits),
    counts: consumer.counts,
    get paused() {
      return consumer.paused
    },
    get concurrency() {
      return consumer.concurrency
    },
  }
}

function noCounts(): ConsumerCounts {
  return {
    received: 0,
    handled: 0,
    retried: 0,
    deadLettered: 0,
    skipped: 0,
    released: 0,
    lost: 0,
    running: 0,
    held: 0,
  }
}
