import { atMost, type Clock, sleep, type Timer } from '../clock.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import { TopologyMismatchError } from '../transport/errors.ts'
import { resolveTransport } from '../transport/resolve-transport.ts'
import type { Topology } from '../transport/topology.ts'
import type { Transport } from '../transport/transport.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { Acceptance } from './acceptance.ts'
import { ClaimKeeper } from './claim-keeper.ts'
import { InvalidOutboxError, RelayStoppedError } from './errors.ts'
import { type RelayOptions, type RelaySettings, readRelayOptions } from './relay-options.ts'
import { type RelayCounts, RelayReport } from './relay-report.ts'
import { Waker } from './waker.ts'

/** How long a stop waits at most for the transport's close. */
const closeMs = 5_000

export type RelayState = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped'

/** Publishes what an outbox holds. Any number of them, in any processes, share one outbox. */
export interface Relay extends AsyncDisposable {
  /** Its name in the store: new with each relay. */
  readonly id: string
  readonly state: RelayState
  readonly counts: Readonly<RelayCounts>
  /**
   * Connects, and takes its share of the partitions. Rejects with what transport or store say, with `relay-stopped` when a
   * stop overtakes it, or with the reason of `signal`; the relay can't be used then.
   */
  start(signal?: AbortSignal): Promise<void>
  /** A hint, after a commit in this process: look now instead of at the next poll. */
  wake(): void
  /**
   * Takes nothing new, finishes what is on its way within `graceMs` (default 20,000), gives its partitions back. A broker or
   * a store that doesn't answer keeps it no longer than that, and the transport's close 5 s more. Idempotent.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>
  health(): RelayHealth
}

export interface RelayHealth {
  /** Running, the store answers and the broker takes events. */
  readonly healthy: boolean
  readonly state: RelayState
  /** In hand. 0 is well where there are more relays than partitions. */
  readonly partitions: number
  /** Of these, how many hold a batch that finds no taker. */
  readonly troubled: number
  /** The store doesn't answer. */
  readonly storeFailing: boolean
}

export function createRelay(options: RelayOptions): Relay {
  return new OutboxRelay(options, readRelayOptions(options))
}

class OutboxRelay implements Relay {
  readonly id = crypto.randomUUID()
  readonly #options: RelayOptions
  readonly #settings: RelaySettings
  readonly #report: RelayReport
  readonly #waker: Waker
  readonly #cutOff = new AbortController()
  readonly #ending = new AbortController()
  #state: RelayState = 'idle'
  #transport: Transport | undefined
  #keeper: ClaimKeeper | undefined
  #cleaning: Promise<void> = Promise.resolve()
  #unwatch: () => void = () => {}
  #started: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(options: RelayOptions, settings: RelaySettings) {
    this.#options = options
    this.#settings = settings
    this.#report = new RelayReport(this.id, settings.observe, settings.logger)
    this.#waker = new Waker(settings.clock)
  }

  get state(): RelayState {
    return this.#state
  }

  get counts(): Readonly<RelayCounts> {
    return this.#report.counts
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.#state !== 'idle') throw new InvalidOutboxError('A relay starts once: create another one.')
    this.#state = 'starting'
    const given = signal === undefined ? [] : [signal]
    this.#started = this.#open(AbortSignal.any([this.#ending.signal, ...given])).catch(async (error: unknown) => {
      this.#state = 'stopped'
      await this.#keeper?.stop(Promise.resolve())
      await this.#closeTransport().catch(() => {})
      throw error
    })
    await this.#started
  }

  wake(): void {
    this.#waker.wake()
  }

  stop({ graceMs = 20_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#close(graceMs)
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  health(): RelayHealth {
    const storeFailing = this.#report.storeError !== undefined || this.#keeper?.overdue === true
    const { troubled } = this.#report
    return {
      healthy: this.#state === 'running' && !storeFailing && troubled === 0,
      state: this.#state,
      partitions: this.#keeper?.size ?? 0,
      troubled,
      storeFailing,
    }
  }

  /** Whatever doesn't answer, whoever aborts waits no longer for it. */
  async #open(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#settings
    const { topology } = this.#options
    const transport = await unlessAborted(resolveTransport(this.#options.transport), signal)
    this.#transport = transport
    const capabilities = this.#options.capabilities ?? (await unlessAborted(transport.connect(signal), signal))
    if (topology !== undefined) await unlessAborted(ensure(transport, topology), signal)
    this.#keeper = this.#createKeeper(transport, capabilities)
    await unlessAborted(this.#keeper.start(), signal)
    this.#unwatch = store.watch?.(() => this.wake()) ?? (() => {})
    this.#cleaning = this.#keepClean(clock)
    this.#state = 'running'
  }

  #createKeeper(transport: Transport, capabilities: Capabilities): ClaimKeeper {
    return new ClaimKeeper(this.id, {
      settings: this.#settings,
      transport,
      capabilities,
      acceptance: new Acceptance(this.#settings.clock),
      waker: this.#waker,
      report: this.#report,
      cutOff: this.#cutOff.signal,
    })
  }

  /** The holder of the first partition cleans for all. */
  async #keepClean(clock: Clock): Promise<void> {
    const { store, cleanupEveryMs } = this.#settings
    const { signal } = this.#ending
    while (!signal.aborted) {
      await sleep(clock, cleanupEveryMs, signal)
      if (signal.aborted || this.#keeper?.holds(0) !== true) continue
      try {
        while (!signal.aborted && (await this.#cleanStep(store))) await sleep(clock, 1, signal)
      } catch (error) {
        this.#report.storeFailed(error)
      }
    }
  }

  async #cleanStep(store: RelaySettings['store']): Promise<boolean> {
    const { removed, more } = await store.cleanup()
    if (removed > 0) this.#report.cleaned(removed)
    return more
  }

  async #close(graceMs: number): Promise<void> {
    this.#ending.abort(new RelayStoppedError('The relay was stopped before it had started.'))
    await this.#started.catch(() => {})
    const wasRunning = this.#state === 'running'
    this.#state = wasRunning ? 'stopping' : 'stopped'
    if (!wasRunning) return
    this.#unwatch()
    const grace = this.#startGrace(graceMs)
    await this.#keeper?.stop(grace.over)
    await Promise.race([this.#cleaning, grace.over])
    grace.timer.cancel()
    try {
      await this.#closeTransport()
    } finally {
      this.#state = 'stopped'
    }
  }

  #startGrace(graceMs: number): { readonly timer: Timer; readonly over: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#settings.clock.after(graceMs, () => {
      this.#cutOff.abort(new RelayStoppedError('The relay was stopped before the broker answered.'))
      resolve()
    })
    return { timer, over: promise }
  }

  async #closeTransport(): Promise<void> {
    if (this.#options.capabilities !== undefined || this.#transport === undefined) return
    await atMost(this.#settings.clock, closeMs, this.#transport.close(), () => this.#report.closeUnanswered())
  }
}

async function ensure(transport: Transport, topology: Topology): Promise<void> {
  const { mismatches } = await transport.topology.ensure(topology)
  const fatal = mismatches.filter((mismatch) => mismatch.fatal)
  if (fatal.length === 0) return
  const list = fatal.map(
    ({ resource, property, wanted, found }) => `${resource}: ${property} is ${found}, not ${wanted}`,
  )
  throw new TopologyMismatchError(`The broker's topology would break a guarantee: ${list.join('; ')}.`)
}
