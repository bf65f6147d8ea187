import type { Consumer } from '../consumer/consumer.ts'
import type { ConsumerOptions } from '../consumer/options.ts'
import type { EventDefinition } from '../event/definition.ts'
import type { AnyDraft, PublishOptions } from '../event/draft.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { DeadLetters } from '../transport/dead-letters.ts'
import type { Health } from '../transport/health.ts'

/** What a service holds: it publishes and subscribes through one transport. Made by `createBus`. */
export interface Bus extends AsyncDisposable {
  readonly source: string
  /** Of the connected server; throws `bus-not-started` before `start` resolved. */
  readonly capabilities: Capabilities
  readonly counts: Readonly<BusCounts>

  /**
   * Resolves when the broker has accepted the event. Concurrent calls share batches: a lone one leaves at once, while one
   * batch is in flight the next fills. Rejects with a typed error: `invalid-data` (the schema said no), `message-too-large`,
   * `unknown-topic`, `publish-failed`, `unheard`, `aborted`, `bus-not-started`, …
   */
  publish<Input>(
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions & { readonly signal?: AbortSignal },
  ): Promise<Published>

  /** Many in one call, in order; an outcome for each, in the same order. Never rejects for the sake of one of them. */
  publishAll(
    drafts: readonly AnyDraft[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly PublishOutcome[]>

  /** Adds a member to a group. It works from `start` on; after `start` it begins at once. */
  subscribe(options: ConsumerOptions): Consumer

  /** Connects, checks what was asked against what the server can do, makes or verifies topology, starts the consumers. */
  start(signal?: AbortSignal): Promise<void>

  /** No new work; running handlers finish, what was only held is given back, publishes are flushed. Idempotent. */
  stop(options?: { readonly graceMs?: number }): Promise<void>

  health(): Promise<BusHealth>
  deadLetters(group: string): DeadLetters
}

export interface Published {
  readonly id: string
  /** Accepted, but no group will get it. Only told where the server tells. */
  readonly unheard: boolean
}

export type PublishOutcome =
  | { readonly accepted: true; readonly id: string; readonly unheard: boolean }
  | { readonly accepted: false; readonly error: Error }

/** Since the start. */
export interface BusCounts {
  published: number
  publishFailed: number
  unheard: number
}

/** `healthy` is false when the broker is down, a consumer has failed or stalled. */
export interface BusHealth {
  readonly healthy: boolean
  readonly transport: Health
  readonly consumers: readonly { readonly group: string; readonly state: string; readonly stalledMs: number }[]
}
