import type { Clock } from '../clock.ts'
import type { EventDefinition } from '../event/definition.ts'
import type { PublishOptions } from '../event/draft.ts'
import type { Event } from '../event/event.ts'
import type { Limits } from '../event/limits.ts'
import type { Logger } from '../logger.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { GroupSpec } from '../transport/topology.ts'
import { InvalidConsumerError } from './errors.ts'
import type { Registration } from './handler.ts'
import type { ConsumerOptions } from './options.ts'
import { longestBackoffMs, planRetries, type RetryPlan } from './retry-decision.ts'
import type { Observe } from './signal.ts'

/** What the bus lends its consumers. */
export interface ConsumerHost {
  readonly clock: Clock
  readonly logger: Logger
  readonly observe: Observe | undefined
  readonly limits: Limits
  publish(
    definition: EventDefinition<string, unknown, unknown>,
    data: unknown,
    options: PublishOptions | undefined,
    cause: Event,
  ): Promise<{ readonly id: string }>
}

/** A consumer's options with nothing left open. */
export interface ConsumerSetup {
  readonly group: GroupSpec
  readonly registrations: readonly Registration[]
  readonly middlewares: NonNullable<ConsumerOptions['use']>
  readonly prefetch: number
  readonly prefetchBytes: number
  readonly leaseMs: number
  readonly retry: RetryPlan
  readonly isolateAfter: number
  readonly giveUpAfter: number
}

export const defaultConcurrency = 16

/** `orderedTopics` are those that publishers keep ordered. Throws `invalid-consumer`. */
export function setUpConsumer(options: ConsumerOptions, orderedTopics: ReadonlySet<string>): ConsumerSetup {
  const concurrency = options.concurrency ?? defaultConcurrency
  const { prefetch, prefetchBytes, leaseMs, retry } = options
  checkCounts(options.group, { concurrency, prefetch, prefetchBytes, leaseMs, attempts: retry?.attempts })
  checkBackoff(options)
  checkTypes(options)
  const topics = [...new Set(options.on.map((registration) => registration.definition.topic))]
  return {
    group: {
      name: options.group,
      topics,
      ordered: decideOrder(options, topics, orderedTopics),
      startAt: options.startAt ?? 'available',
      ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    },
    registrations: options.on,
    middlewares: options.use ?? [],
    prefetch: Math.max(prefetch ?? 256, concurrency),
    prefetchBytes: prefetchBytes ?? 8 * 1024 * 1024,
    leaseMs: leaseMs ?? 30_000,
    retry: planRetries(retry),
    isolateAfter: options.suspects?.isolateAfter ?? 5,
    giveUpAfter: options.suspects?.giveUpAfter ?? 20,
  }
}

/** What an app asked of a group and this server lacks, one sentence each; empty when it can do all of it. */
export function unmetNeeds(setup: ConsumerSetup, capabilities: Capabilities): string[] {
  const { name, ordered, startAt } = setup.group
  const { orderedGroups, history, maxHoldMs } = capabilities
  const holdMs = longestHoldMs(setup)
  const unmet: string[] = []
  if (ordered && !orderedGroups) unmet.push('order per key')
  if (startAt === 'earliest' && !history) unmet.push('startAt: earliest')
  if (ordered && holdMs > maxHoldMs) unmet.push(`to hold a delivery for ${holdMs} ms, at most ${maxHoldMs}`)
  return unmet.map((need) => `group "${name}" needs ${need}`)
}

function longestHoldMs(setup: ConsumerSetup): number {
  const handlerMs = setup.middlewares.reduce((sum, middleware) => sum + (middleware.limitMs ?? 0), 0)
  return longestBackoffMs(setup.retry) + handlerMs * setup.retry.attempts
}

/** All of the group's topics or none: half of an order would look like one. */
function decideOrder(options: ConsumerOptions, topics: readonly string[], ordered: ReadonlySet<string>): boolean {
  if (options.ordered === false) return false
  const unordered = topics.filter((topic) => !ordered.has(topic))
  if (unordered.length === topics.length && options.ordered === undefined) return false
  if (unordered.length === 0) return true
  throw invalid(options.group, `no event on ${unordered.join(', ')} has a key: add one, or say ordered: false`)
}

/** Throws `invalid-consumer`. */
export function checkCounts(group: string, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count = 1] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 1) throw invalid(group, `${name} must be a positive integer`)
  }
}

/** A delay that is no number would be none at all. */
function checkBackoff({ group, retry }: ConsumerOptions): void {
  for (const [name, value = 0] of Object.entries({ ...retry?.backoff })) {
    if (!(value >= 0)) throw invalid(group, `backoff.${name} must be at least 0`)
  }
}

function checkTypes(options: ConsumerOptions): void {
  const types = options.on.map((registration) => registration.definition.type)
  if (types.length === 0) throw invalid(options.group, '"on" is empty')
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  if (twice !== undefined) throw invalid(options.group, `"${twice}" is handled twice`)
}

const invalid = (group: string, reason: string): InvalidConsumerError =>
  new InvalidConsumerError(`Group "${group}": ${reason}.`)
