import type { Timer } from '../clock.ts'
import type { Event } from '../event/event.ts'
import type { Attempt } from './attempt.ts'
import type { BatchContext, BatchHandler } from './handler.ts'
import type { Lane } from './lane.ts'

/** What a gatherer needs of the session around it. */
export interface GatherHost {
  readonly clock: { after(delayMs: number, fn: () => void): Timer }
  /** True while nothing more will come: batches then run with what they have. */
  readonly closing: boolean
  /** The attempt waits for others: its slot is free, and its lane may offer the next delivery. */
  joined(attempt: Attempt): void
  /** Asks for a slot for the batch; `run` is called when there is one, `batchEnded` gives it back. */
  enqueue(batch: Batch): void
  batchEnded(): void
  batchContext(attempts: readonly Attempt[]): BatchContext
}

interface Member {
  readonly attempt: Attempt
  resolve(): void
  reject(error: unknown): void
}

/** Fails a member of a failed batch of several: it is run again alone, and only that run counts as an attempt. */
export class BatchFailed {
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** Events gathered for one call of a batch handler. */
export class Batch {
  readonly gatherer: Gatherer
  readonly members: Member[] = []
  readonly done: Promise<void>
  open = true
  /** Lanes of which a member failed: what follows there may not go on before it. */
  readonly failedLanes = new Set<Lane>()
  #end!: () => void

  constructor(gatherer: Gatherer) {
    this.gatherer = gatherer
    this.done = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async run(host: GatherHost, handler: BatchHandler<string, unknown>): Promise<void> {
    const attempts = this.members.map((member) => member.attempt)
    const events = attempts.map((attempt) => attempt.event)
    try {
      const failures = (await handler(events, host.batchContext(attempts))) ?? []
      this.#settle(new Map(failures.map((failure) => [failure.event, failure.error])))
    } catch (error) {
      this.#settle(new Map(events.map((event) => [event, error])))
    } finally {
      host.batchEnded()
      this.#end()
    }
  }

  #settle(failures: ReadonlyMap<Event, unknown>): void {
    const alone = this.members.length === 1
    for (const member of this.members) {
      const { event } = member.attempt
      if (!failures.has(event)) {
        member.resolve()
        continue
      }
      if (member.attempt.task.lane !== undefined) this.failedLanes.add(member.attempt.task.lane)
      member.reject(alone ? failures.get(event) : new BatchFailed(failures.get(event)))
    }
  }
}

/** Gathers the events of one batch registration: up to `size`, for at most `waitMs` after the first. */
export class Gatherer {
  readonly #host: GatherHost
  readonly #handler: BatchHandler<string, unknown>
  readonly #size: number
  readonly #waitMs: number
  #batch: Batch | undefined
  #timer: Timer | undefined

  constructor(host: GatherHost, run: { handler: BatchHandler<string, unknown>; size: number; waitMs: number }) {
    this.#host = host
    this.#handler = run.handler
    this.#size = run.size
    this.#waitMs = run.waitMs
  }

  /** Resolves when a batch with this event succeeded for it. */
  async join(attempt: Attempt): Promise<void> {
    const { lane } = attempt.task
    // An earlier event of the key is in a batch that has left already: this one may not overtake it.
    while (lane?.batch !== undefined && !lane.batch.open) {
      const before = lane.batch
      await before.done
      if (before.failedLanes.has(lane)) throw new BatchFailed(undefined)
      if (lane.batch === before) break
    }
    const batch = this.#batchFor(attempt)
    const outcome = new Promise<void>((resolve, reject) => batch.members.push({ attempt, resolve, reject }))
    if (lane !== undefined) lane.batch = batch
    // Closed before the lane may offer its next: a full batch has no room for it.
    const leaves = attempt.task.alone || batch.members.length >= this.#size || this.#host.closing
    if (leaves) this.#close(batch)
    this.#host.joined(attempt)
    if (leaves) this.#host.enqueue(batch)
    return outcome
  }

  /** Sends off what has gathered. */
  flush(): void {
    if (this.#batch !== undefined) this.#leave(this.#batch)
  }

  run(batch: Batch): Promise<void> {
    return batch.run(this.#host, this.#handler)
  }

  #batchFor(attempt: Attempt): Batch {
    if (attempt.task.alone) return new Batch(this)
    if (this.#batch === undefined) {
      const batch = new Batch(this)
      this.#batch = batch
      this.#timer = this.#host.clock.after(this.#waitMs, () => this.#leave(batch))
    }
    return this.#batch
  }

  #leave(batch: Batch): void {
    if (!batch.open) return
    this.#close(batch)
    this.#host.enqueue(batch)
  }

  #close(batch: Batch): void {
    batch.open = false
    if (this.#batch !== batch) return
    this.#timer?.cancel()
    this.#batch = undefined
  }
}
