import { delayAfter, type RetryPlan } from '../consumer/retry-decision.ts'
import { isEventspineError } from '../error.ts'
import type { Acceptance } from './acceptance.ts'
import type { RelaySignal } from './relay-signal.ts'
import { isEventFault, type Sent } from './send-pass.ts'
import type { OutboxEvent, RelayFailure, RelayResult } from './store.ts'

/** Between sends of an event that isn't to blame: soon enough after the broker's recovery, seldom enough meanwhile. */
const blamelessDelayMs = 2_000

const messageChars = 1_000

export interface Verdict {
  readonly result: RelayResult
  /** What to tell of it. */
  readonly signal?: RelaySignal
}

/** Decides what a failed event comes to. */
export class Judge {
  readonly #plan: RetryPlan
  readonly #acceptance: Acceptance

  constructor(plan: RetryPlan, acceptance: Acceptance) {
    this.#plan = plan
    this.#acceptance = acceptance
  }

  /** `startedAt`: epoch milliseconds of the first time that this batch was sent. */
  decide(event: OutboxEvent, sent: Sent, startedAt: number): Verdict {
    if (sent === 'accepted') return { result: { as: 'relayed' } }
    if (sent === 'unsent') return { result: { as: 'hold' } }
    const { message, attempt } = event
    const { error } = sent
    const counted = isEventFault(error) || this.#brokerIsWell(event, startedAt)
    const failure = failureOf(error, attempt)
    if (isEventFault(error) || (counted && attempt >= this.#plan.attempts)) {
      return { result: { as: 'park', failure }, signal: { kind: 'parked', message, failure } }
    }
    const delayMs = counted ? delayAfter(this.#plan.backoff, attempt, Math.random()) : blamelessDelayMs
    return {
      result: { as: 'retry', delayMs, attempt: counted ? attempt + 1 : attempt, failure },
      signal: { kind: 'attempt-failed', message, attempt, error, retryInMs: delayMs, counted },
    }
  }

  /**
   * Whether the broker took another event of this topic since this one failed before, or since its batch was first sent.
   * The last failure is at least the backoff of the attempt before ago.
   */
  #brokerIsWell({ message, attempt }: OutboxEvent, startedAt: number): boolean {
    const sinceLast = attempt === 1 ? 0 : delayAfter(this.#plan.backoff, attempt - 1, 0)
    return this.#acceptance.since(startedAt - sinceLast, message.topic)
  }
}

function failureOf(error: unknown, attempts: number): RelayFailure {
  return {
    code: isEventspineError(error) ? error.code : 'publish-failed',
    name: error instanceof Error ? error.name : typeof error,
    message: (error instanceof Error ? error.message : 'an error that has no text')
      .slice(0, messageChars)
      .toWellFormed(),
    attempts,
  }
}
