import type { Clock } from '../clock.ts'
import type { AnyEventDefinition, EventDefinition } from '../event/definition.ts'
import type { PublishOptions } from '../event/draft.ts'
import type { Event } from '../event/event.ts'
import { InvalidConsumerError } from './errors.ts'
import type { GatherHost } from './gatherer.ts'
import type { Route } from './routes.ts'

/** What a handler and every middleware around it know of the delivery, besides the event. */
export interface HandlerContext {
  readonly event: Event
  readonly group: string
  readonly topic: string
  readonly partition: string | undefined
  /** 1-based: handler failures so far + 1. */
  readonly attempt: number
  /** The broker's count of earlier deliveries: a suspicion, not a count of failures. */
  readonly redelivered: number
  /**
   * Aborts when going on is useless: the lease is lost, the grace of a stop is over, or a timeout has struck.
   * `signal.reason` says which.
   */
  readonly signal: AbortSignal
  /** Aborts `signal` for this attempt; it does not end the attempt. */
  abort(reason: unknown): void
  /** The bus's: whatever waits inside a handler or middleware should ask it. */
  readonly clock: Clock
  /** What middlewares leave for each other and for the handler, by a symbol of their own. */
  readonly state: Map<symbol, unknown>
  /** Publishes at once, as caused by this event: correlation, causation and trace context are carried on. */
  publish<Input>(
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions,
  ): Promise<{ readonly id: string }>
  readonly consumer: ConsumerControl
}

/** What a middleware or a handler may do to the consumer that runs it: one object per consumer. */
export interface ConsumerControl {
  /** Takes no new deliveries and starts no handler in this consumer until `resume`. */
  pause(): void
  resume(): void
  /**
   * Aborts as soon as the consumer begins to stop, before any grace. Handlers finish as they like; a middleware that only
   * waits gives its delivery back (`ReleaseError`) and drops its timers.
   */
  readonly stopping: AbortSignal
}

export type Handler<Type extends string, Data> = (event: Event<Type, Data>, context: HandlerContext) => unknown

/** The events that failed and why; whoever isn't named succeeded. Nothing = all succeeded, a throw = all failed. */
export type BatchResult = undefined | readonly { readonly event: Event; readonly error: unknown }[]

/** One per batch: what holds for all its events. */
export interface BatchContext {
  readonly group: string
  readonly signal: AbortSignal
  readonly publish: HandlerContext['publish']
}

export type BatchHandler<Type extends string, Data> = (
  events: readonly Event<Type, Data>[],
  context: BatchContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the usual one.
) => BatchResult | void | Promise<BatchResult | void>

/** A definition bound to what handles it; made by `handle` or `handleBatch`. */
export interface Registration {
  readonly definition: AnyEventDefinition
  /** What runs its events in one subscription. */
  readonly route: (host: GatherHost) => Route
}

/** Throws `invalid-consumer`. A definition is undefined where modules import each other in a circle. */
export function checkHandled(definition: AnyEventDefinition, handler: unknown): void {
  if (typeof definition?.type !== 'string' || typeof handler !== 'function') {
    throw new InvalidConsumerError('A handler needs what defineEvent returned, and a function.')
  }
}

/** One event at a time. The handler's success is the ack; a throw is a failed attempt. */
export function handle<Type extends string, Input, Output>(
  definition: EventDefinition<Type, Input, Output>,
  handler: Handler<Type, Output>,
): Registration {
  checkHandled(definition, handler)
  // The decoder has made the event by this very definition.
  const run = (context: HandlerContext): unknown => handler(context.event as Event<Type, Output>, context)
  return { definition, route: () => ({ run, gatherer: undefined }) }
}
