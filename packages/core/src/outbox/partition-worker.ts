import { sleep } from '../clock.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { Transport } from '../transport/transport.ts'
import type { Acceptance } from './acceptance.ts'
import { Judge } from './judge.ts'
import type { Lease } from './lease.ts'
import type { RelaySettings } from './relay-options.ts'
import type { RelayReport } from './relay-report.ts'
import { isConnectionTrouble, SendPass, type Trouble } from './send-pass.ts'
import type { OutboxBatch, RelayResult } from './store.ts'
import type { Waker } from './waker.ts'

/** What all workers of a relay share. */
export interface WorkerScope {
  readonly settings: RelaySettings
  readonly transport: Transport
  readonly capabilities: Capabilities
  readonly acceptance: Acceptance
  readonly waker: Waker
  readonly report: RelayReport
  /** Aborts when the grace of a stop is over. */
  readonly cutOff: AbortSignal
}

const firstTroubleMs = 100
const longestTroubleMs = 5_000
const storeRetryMs = 500
/** Each so many sends without a taker the broker is asked how it is: if it is well, this batch is what it refuses. */
const triesPerProbe = 3

/** Relays one partition for as long as its lease lasts: read, publish, commit, one batch at a time. */
export class PartitionWorker {
  readonly lease: Lease
  /** Resolves when the worker has done its last. */
  readonly ended: Promise<void>
  readonly #scope: WorkerScope
  readonly #judge: Judge
  readonly #drain = new AbortController()
  /** Ends a publish on its way: the partition is lost, or the relay stops waiting. */
  readonly #cut: AbortSignal
  /** Ends a pause. */
  readonly #quit: AbortSignal
  /** Sends in a row that found no taker. */
  #fruitless = 0
  #done = false

  constructor(lease: Lease, scope: WorkerScope) {
    this.lease = lease
    this.#scope = scope
    this.#judge = new Judge(scope.settings.retry, scope.acceptance)
    this.#cut = AbortSignal.any([lease.signal, scope.cutOff])
    this.#quit = AbortSignal.any([this.#cut, this.#drain.signal])
    this.ended = this.#run()
  }

  get done(): boolean {
    return this.#done
  }

  /** Finishes what is on its way and takes nothing new. */
  drain(): void {
    this.#drain.abort()
    this.#scope.waker.wake()
  }

  get #partition(): number {
    return this.lease.claim.partition
  }

  get #mayGoOn(): boolean {
    return this.lease.valid && !this.#cut.aborted
  }

  async #run(): Promise<void> {
    const { poll } = this.#scope.settings
    let idleMs = poll.minMs
    while (this.#mayGoOn && !this.#drain.signal.aborted) {
      const { round } = this.#scope.waker
      const batch = await this.#read()
      if (batch !== undefined) {
        idleMs = poll.minMs
        await this.#relay(batch).catch((error) => this.#broke(error))
      } else {
        const woken = await this.#scope.waker.wait(round, idleMs)
        idleMs = woken ? poll.minMs : Math.min(idleMs * 2, poll.maxMs)
      }
    }
    this.#done = true
    this.#scope.report.left(this.#partition)
  }

  /** A transport or observer that breaks its word: the batch is read again, but not in a tight loop. */
  async #broke(error: unknown): Promise<void> {
    this.#scope.report.broke(error)
    await sleep(this.#scope.settings.clock, storeRetryMs, this.#quit)
  }

  /** Undefined: nothing to do, or no answer. */
  async #read(): Promise<OutboxBatch | undefined> {
    const { settings, report } = this.#scope
    try {
      const batch = await settings.store.read(this.lease.claim, settings.batch)
      report.storeAnswered()
      return batch
    } catch (error) {
      report.storeFailed(error)
      return undefined
    }
  }

  async #relay(batch: OutboxBatch): Promise<void> {
    const { clock } = this.#scope.settings
    const startedAt = clock.now()
    const pass = this.#passOver(batch)
    if (batch.events.length > 0 && !(await this.#send(pass))) return
    const results = this.#settle(batch, pass, startedAt)
    if (await this.#commit(batch, results)) {
      this.#scope.report.committed(this.#partition, results, clock.now() - startedAt)
    }
  }

  #passOver(batch: OutboxBatch): SendPass {
    const { settings, transport, capabilities, acceptance } = this.#scope
    return new SendPass(batch.events, {
      transport,
      maxBatch: capabilities.maxBatch,
      strict: settings.publishOrder === 'strict' && !capabilities.atomicKeys,
      signal: this.#cut,
      mayGoOn: () => this.#mayGoOn,
      onAccepted: (message) => acceptance.note(message.topic),
      now: () => settings.clock.now(),
    })
  }

  /**
   * Until each event is accepted or to blame for itself. While the broker is in trouble the batch waits here, and nothing
   * more is read. False: there is nothing to commit.
   */
  async #send(pass: SendPass): Promise<boolean> {
    const { settings, report } = this.#scope
    for (;;) {
      const trouble = await pass.run()
      if (!this.#mayGoOn) return false
      if (trouble === undefined) break
      this.#fruitless += 1
      if (await this.#isOfTheBatch(trouble)) break
      const pauseMs = Math.min(firstTroubleMs * 2 ** (this.#fruitless - 1), longestTroubleMs)
      report.brokerFailed(this.#partition, trouble.error, pauseMs)
      await sleep(settings.clock, pauseMs, this.#quit)
      if (!this.#mayGoOn) return false
      if (this.#drain.signal.aborted) return pass.accepted > 0
    }
    this.#fruitless = 0
    report.brokerAnswered(this.#partition)
    return true
  }

  /** The broker takes other things meanwhile, or says that it is well: this batch makes room for what comes after it. */
  async #isOfTheBatch({ error, at }: Trouble): Promise<boolean> {
    // What it took before, in this very millisecond, says nothing.
    if (this.#scope.acceptance.since(at + 1)) return true
    if (this.#fruitless % triesPerProbe !== 0 || isConnectionTrouble(error)) return false
    const health = await this.#scope.transport.probe().catch(() => undefined)
    return health !== undefined && health.status !== 'down'
  }

  #settle(batch: OutboxBatch, pass: SendPass, startedAt: number): RelayResult[] {
    return batch.events.map((event, index) => {
      const { result, signal } = this.#judge.decide(event, pass.sent[index] ?? 'unsent', startedAt)
      if (signal !== undefined) this.#scope.report.failed(signal)
      return result
    })
  }

  /** The answer may go astray, so the same commit is tried until there is one. */
  async #commit(batch: OutboxBatch, results: readonly RelayResult[]): Promise<boolean> {
    const { settings, report } = this.#scope
    while (!this.#cut.aborted) {
      try {
        const answer = await settings.store.commit(batch, results)
        report.storeAnswered()
        if (answer === 'lost') this.lease.end('another relay has taken it')
        return answer === 'committed'
      } catch (error) {
        report.storeFailed(error)
        if (this.#drain.signal.aborted) return false
        await sleep(settings.clock, storeRetryMs, this.#quit)
      }
    }
    return false
  }
}
