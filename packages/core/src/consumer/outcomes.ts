import type { Event } from '../event/event.ts'
import type { Delivery, Settlement, SettleResult, Subscription } from '../transport/subscription.ts'
import type { Attempt } from './attempt.ts'
import { failureOf } from './failure.ts'
import { BatchFailed } from './gatherer.ts'
import type { Lanes } from './lanes.ts'
import type { MemberScope } from './member-scope.ts'
import { ReleaseError } from './release-error.ts'
import { decideRetry } from './retry-decision.ts'
import { Settler } from './settler.ts'
import type { Signal } from './signal.ts'
import type { Task } from './task.ts'

/**
 * What becomes of a delivery after its run: ack, another run, dead letter, or back to the broker. A failed delivery of an
 * ordered group is held here and run again; that of an unordered group is held by the broker.
 */
export class Outcomes {
  /** In hand: taken and not settled. */
  unsettled = 0
  /** Nothing is run again here any more: what would be goes back to the broker. */
  closing = false
  readonly #member: MemberScope
  readonly #subscription: Subscription
  readonly #lanes: Lanes
  readonly #settler: Settler
  readonly #onSettled: () => void

  constructor(member: MemberScope, subscription: Subscription, lanes: Lanes, onSettled: () => void) {
    this.#member = member
    this.#subscription = subscription
    this.#lanes = lanes
    this.#onSettled = onSettled
    this.#settler = new Settler(
      {
        clock: member.clock,
        logger: member.host.logger,
        group: member.group,
        submitted: (task, settlement) => this.#submitted(task, settlement),
        settled: (task, settlement, result) => this.#settled(task, settlement, result),
      },
      subscription,
    )
  }

  taken(count: number): void {
    this.unsettled += count
    this.#member.counts.received += count
    this.#member.counts.held += count
  }

  succeeded(attempt: Attempt, durationMs: number): void {
    const { task, event } = attempt
    const { host, group, counts } = this.#member
    counts.handled++
    host.observe?.({ kind: 'handled', group, event, attempt: task.attempt, durationMs })
    this.#settler.add(task, { delivery: task.delivery, as: 'ack' })
  }

  failed(attempt: Attempt, error: unknown): void {
    const { task, event } = attempt
    if (task.delivery.lease.aborted) this.lost(task)
    else if (error instanceof BatchFailed) this.#runAlone(task)
    else if (error instanceof ReleaseError || attempt.revoked) this.release(task)
    else this.#attemptFailed(task, event, error)
  }

  skipped(task: Task): void {
    this.#member.counts.skipped++
    this.#observe({ kind: 'skipped', group: this.#member.group, message: task.delivery.message })
    this.#settler.add(task, { delivery: task.delivery, as: 'ack' })
  }

  /** `attempts`: handler runs so far. */
  deadLetter(task: Task, error: unknown, attempts: number): void {
    const { host, group, clock } = this.#member
    const failure = failureOf(task.delivery, error, attempts, group, clock.now())
    const { topic, id } = task.delivery.message
    host.logger.error({ group, topic, id, attempts, error }, 'dead-lettered')
    this.#settler.add(task, { delivery: task.delivery, as: 'dead-letter', failure })
  }

  /** Gives it back, and with it what stands behind it in its lane, which must not overtake it. */
  release(task: Task): void {
    this.#settler.add(task, { delivery: task.delivery, as: 'release' })
    if (task.lane === undefined) return
    for (const waiting of this.#lanes.takeWaiting(task.lane)) {
      this.#settler.add(waiting, { delivery: waiting.delivery, as: 'release' })
    }
  }

  /** Ours no more: nothing to settle. */
  lost(task: Task): void {
    this.#lanes.finish(task)
    this.#leaves(task, 'lost', undefined)
  }

  /** What the broker hasn't taken by now counts as lost. */
  abandon(): void {
    this.#settler.close()
  }

  #attemptFailed(task: Task, event: Event, error: unknown): void {
    const { setup, host, group } = this.#member
    const decision = decideRetry(setup.retry, error, task.attempt)
    const retryInMs = decision === 'dead-letter' ? undefined : decision.retryInMs
    const { type, id } = event
    host.logger.warn({ group, type, id, attempt: task.attempt, retryInMs, error }, 'handler failed')
    this.#observe({ kind: 'attempt-failed', group, event, attempt: task.attempt, error, retryInMs })
    if (retryInMs === undefined) return this.deadLetter(task, error, task.attempt)
    this.#member.counts.retried++
    if (setup.group.ordered) this.#runAgain(task, retryInMs)
    else this.#retryByBroker(task, retryInMs)
  }

  #runAgain(task: Task, delayMs: number): void {
    this.#subscription.note?.(task.delivery, task.attempt)
    task.attempt++
    if (this.closing) this.release(task)
    else this.#lanes.again(task, delayMs)
    this.#onSettled()
  }

  /** The failure of a batch of several is nobody's attempt yet. */
  #runAlone(task: Task): void {
    task.alone = true
    if (this.closing) this.release(task)
    else this.#lanes.again(task, 0)
  }

  #retryByBroker(task: Task, retryInMs: number): void {
    const { minMs, maxMs } = this.#member.capabilities.retryDelay
    const delayMs = Math.min(maxMs, Math.max(minMs, retryInMs))
    this.#settler.add(task, { delivery: task.delivery, as: 'retry', delayMs, attempt: task.attempt + 1 })
  }

  #submitted(task: Task, settlement: Settlement): void {
    // The successors of a dead letter wait until it is durable.
    if (settlement.as !== 'dead-letter') this.#lanes.finish(task)
  }

  #settled(task: Task, settlement: Settlement, result: SettleResult): void {
    if (settlement.as === 'dead-letter') this.#lanes.finish(task)
    this.#leaves(task, result, settlement)
  }

  #leaves(task: Task, result: SettleResult, settlement: Settlement | undefined): void {
    this.unsettled--
    this.#member.counts.held--
    this.#lanes.settled(task.delivery)
    this.#count(task.delivery, result, settlement)
    this.#onSettled()
  }

  #count(delivery: Delivery, result: SettleResult, settlement: Settlement | undefined): void {
    const { counts, group } = this.#member
    if (result === 'lost') {
      counts.lost++
      this.#observe({ kind: 'lost', group, message: delivery.message })
    } else if (settlement?.as === 'release') {
      counts.released++
    } else if (settlement?.as === 'dead-letter') {
      counts.deadLettered++
      this.#observe({ kind: 'dead-lettered', group, message: delivery.message, failure: settlement.failure })
    }
  }

  #observe(signal: Signal): void {
    this.#member.host.observe?.(signal)
  }
}
