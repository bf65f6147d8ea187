import type { Clock } from '../clock.ts'
import type { AnyEventDefinition, EventDefinition } from '../event/definition.ts'
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
  checkNumbers(options)
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
    prefetch: Math.max(options.prefetch ?? 256, concurrency),
    prefetchBytes: options.prefetchBytes ?? 8 * 1024 * 1024,
    leaseMs: options.leaseMs ?? 30_000,
    retry: planRetries(options.retry),
    isolateAfter: options.suspects?.isolateAfter ?? 5,
    giveUpAfter: options.suspects?.giveUpAfter ?? 20,
  }
}

/** What an app asked of a group and this server lacks, one sentence each; empty when it can do all of it. */
export function unmetNeeds(setup: ConsumerSetup, capabilities: Capabilities): string[] {
  const { group } = setup
  const unmet: string[] = []
  if (group.ordered && !capabilities.orderedGroups) unmet.push(`group "${group.name}" needs ordered groups`)
  if (group.startAt === 'earliest' && !capabilities.history) {
    unmet.push(`group "${group.name}" starts at the earliest event, and this broker keeps no history for a new group`)
  }
  const holdMs = longestHoldMs(setup)
  if (group.ordered && holdMs > capabilities.maxHoldMs) {
    unmet.push(
      `group "${group.name}" may hold a delivery for ${holdMs} ms (backoffs and handler limits), and this broker allows ${capabilities.maxHoldMs} ms`,
    )
  }
  return unmet
}

function longestHoldMs(setup: ConsumerSetup): number {
  const handlerMs = setup.middlewares.reduce((sum, middleware) => sum + (middleware.limitMs ?? 0), 0)
  return longestBackoffMs(setup.retry) + handlerMs * setup.retry.attempts
}

function decideOrder(options: ConsumerOptions, topics: readonly string[], ordered: ReadonlySet<string>): boolean {
  const unordered = topics.filter((topic) => !ordered.has(topic))
  if (options.ordered === false || unordered.length === topics.length) {
    if (options.ordered) throw notOrdered(options.group, unordered)
    return false
  }
  if (unordered.length > 0) throw notOrdered(options.group, unordered)
  return true
}

function notOrdered(group: string, topics: readonly string[]): InvalidConsumerError {
  return new InvalidConsumerError(
    `Group "${group}" can't keep order on ${topics.join(', ')}: no event there has a key. Give one a key, or say ordered: false.`,
  )
}

function checkNumbers(options: ConsumerOptions): void {
  const { concurrency = 1, prefetch = 1, prefetchBytes = 1, leaseMs = 1 } = options
  const attempts = options.retry?.attempts ?? 1
  for (const [name, value] of Object.entries({ concurrency, prefetch, prefetchBytes, leaseMs, attempts })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new InvalidConsumerError(`Group "${options.group}": ${name} is a whole number from 1, not ${value}.`)
    }
  }
}

function checkTypes(options: ConsumerOptions): void {
  if (options.on.length === 0)
    throw new InvalidConsumerError(`Group "${options.group}" handles nothing: "on" is empty.`)
  const seen = new Map<string, AnyEventDefinition>()
  for (const { definition } of options.on) {
    if (seen.has(definition.type)) {
      throw new InvalidConsumerError(`Group "${options.group}" handles "${definition.type}" twice.`)
    }
    seen.set(definition.type, definition)
  }
}
