import type { Backoff, RetryPolicy } from './retry-policy.ts'

/** A policy with nothing left open. */
export interface RetryPlan {
  readonly attempts: number
  readonly backoff: Required<Backoff>
  readonly decide: RetryPolicy['decide']
}

export type RetryDecision = { readonly retryInMs: number } | 'dead-letter'

export function planRetries(policy: RetryPolicy = {}): RetryPlan {
  const { initialMs = 100, factor = 2, maxMs = 30_000, jitter = 0.2 } = policy.backoff ?? {}
  return { attempts: policy.attempts ?? 5, backoff: { initialMs, factor, maxMs, jitter }, decide: policy.decide }
}

/** `attempt` is the 1-based number of the one that failed. */
export function decideRetry(plan: RetryPlan, error: unknown, attempt: number): RetryDecision {
  const decision = plan.decide?.(error, attempt)
  if (decision === 'dead-letter' || attempt >= plan.attempts) return 'dead-letter'
  if (typeof decision === 'object') return { retryInMs: decision.delayMs }
  if (decision === undefined && isNonRetryable(error)) return 'dead-letter'
  return { retryInMs: delayAfter(plan.backoff, attempt, Math.random()) }
}

/** `random` in [0, 1). */
export function delayAfter(backoff: Required<Backoff>, attempt: number, random: number): number {
  const base = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (attempt - 1))
  return Math.round(base * (1 + backoff.jitter * random))
}

/** The longest that all backoffs together may take: what a delivery may be held besides its handler. */
export function longestBackoffMs(plan: RetryPlan): number {
  let sum = 0
  for (let attempt = 1; attempt < plan.attempts; attempt++) sum += delayAfter(plan.backoff, attempt, 1)
  return sum
}

function isNonRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { retryable?: unknown }).retryable === false
}
