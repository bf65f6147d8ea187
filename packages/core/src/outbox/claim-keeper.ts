import { sleep } from '../clock.ts'
import { Lease } from './lease.ts'
import { PartitionWorker, type WorkerScope } from './partition-worker.ts'
import type { Claim, Claims } from './store.ts'

/** A dead relay's partitions are taken within this much after its lease. */
const longestBeatMs = 1_000

/** Holds a relay's partitions: renews, takes, gives back, and keeps one worker on each. */
export class ClaimKeeper {
  readonly #relay: string
  readonly #scope: WorkerScope
  readonly #workers = new Map<number, PartitionWorker>()
  readonly #stop = new AbortController()
  /** Taken by a beat that came back after the stop had begun. */
  #unworked: Claim[] = []
  #beating: Promise<void> = Promise.resolve()
  #answeredAt = performance.now()

  constructor(relay: string, scope: WorkerScope) {
    this.#relay = relay
    this.#scope = scope
  }

  /** Partitions in hand. */
  get size(): number {
    return this.#workers.size
  }

  /** The store has been asked and has not answered for a whole lease. */
  get overdue(): boolean {
    return performance.now() - this.#answeredAt > this.#scope.settings.leaseMs
  }

  holds(partition: number): boolean {
    return this.#workers.has(partition)
  }

  /** Resolves after the first answer; rejects when the store has none. */
  async start(): Promise<void> {
    await this.#beat()
    this.#beating = this.#keep()
  }

  /** Workers finish what is on its way; those that did in time give their partition back, the others' leases run out. */
  async stop(graceOver: Promise<void>): Promise<void> {
    this.#stop.abort()
    const workers = [...this.#workers.values()]
    for (const worker of workers) worker.drain()
    const drained = Promise.all([this.#beating, ...workers.map((worker) => worker.ended)])
    await Promise.race([drained, graceOver])
    await Promise.race([this.#release([...this.#takeDone(), ...this.#unworked], true), graceOver])
    for (const worker of this.#workers.values()) this.#drop(worker)
  }

  async #keep(): Promise<void> {
    const { settings, report } = this.#scope
    const beatMs = Math.min(settings.leaseMs / 3, longestBeatMs)
    while (!this.#stop.signal.aborted) {
      await sleep(settings.clock, beatMs, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      try {
        await this.#beat()
      } catch (error) {
        report.storeFailed(error)
        for (const worker of this.#workers.values()) if (!worker.lease.valid) this.#drop(worker)
      }
    }
  }

  async #beat(): Promise<void> {
    const { settings, report } = this.#scope
    await this.#release(this.#takeDone(), false)
    const until = performance.now() + settings.leaseMs
    const claims = await settings.store.claim({ relay: this.#relay, leaseMs: settings.leaseMs })
    this.#answeredAt = performance.now()
    report.storeAnswered()
    this.#reconcile(claims, until)
  }

  #reconcile({ claims, share }: Claims, until: number): void {
    const held = new Map(claims.map((claim) => [claim.partition, claim]))
    for (const worker of this.#workers.values()) {
      const { lease } = worker
      if (!lease.valid || held.get(lease.claim.partition)?.epoch !== lease.claim.epoch) this.#drop(worker)
      else lease.renew(until)
    }
    const fresh = claims.filter((claim) => !this.#workers.has(claim.partition))
    if (this.#stop.signal.aborted) {
      this.#unworked = fresh
      return
    }
    for (const claim of fresh) this.#work(claim, until)
    const spare = [...this.#workers.values()].slice(share)
    for (const worker of spare) worker.drain()
  }

  #work(claim: Claim, until: number): void {
    this.#workers.set(
      claim.partition,
      new PartitionWorker(new Lease(claim, this.#scope.settings.clock, until), this.#scope),
    )
    this.#scope.report.claimed(claim.partition)
  }

  #drop(worker: PartitionWorker): void {
    const { partition } = worker.lease.claim
    worker.lease.end('it is not renewed any more')
    this.#scope.waker.wake()
    this.#workers.delete(partition)
    this.#scope.report.lost(partition)
  }

  /** Workers that were asked to drain and have: what they held can go. */
  #takeDone(): Claim[] {
    const done = [...this.#workers.values()].filter((worker) => worker.done && worker.lease.valid)
    for (const { lease } of done) {
      lease.end('it is given back')
      this.#workers.delete(lease.claim.partition)
    }
    return done.map((worker) => worker.lease.claim)
  }

  async #release(claims: readonly Claim[], leave: boolean): Promise<void> {
    const { settings, report } = this.#scope
    if (claims.length === 0 && !leave) return
    try {
      await settings.store.release({ relay: this.#relay, claims, leave })
      for (const { partition } of claims) report.released(partition)
    } catch (error) {
      // Whoever wants them gets them when the lease is over.
      report.storeFailed(error)
    }
  }
}
