import type { EventDefinition } from './definition.ts'

/** What a publisher may say about an event beside its data. */
export interface PublishOptions {
  /** Overrides the definition's key. */
  readonly key?: string
  readonly subject?: string
  /** Of the event itself; default: now. */
  readonly time?: Date | string
  /** For an id that must survive a retry of the caller; default: a new UUIDv7. */
  readonly id?: string
  readonly correlationId?: string
  readonly causationId?: string
  readonly traceparent?: string
  readonly tracestate?: string
  /** CloudEvents extension attributes: lower-case letters and digits; no secrets, no personal data. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>>
  /** No delivery before it (epoch milliseconds or Date). Needs the `delayedPublish` capability. */
  readonly notBefore?: Date | number
}

/** An event that isn't published yet: definition, data and options. */
export interface Draft<Type extends string = string, Input = unknown> {
  readonly definition: EventDefinition<Type, Input, unknown>
  readonly data: Input
  readonly options: PublishOptions
}

/** A draft of whatever type and data. */
// biome-ignore lint/suspicious/noExplicitAny: data is both read and written through, so only `any` accepts every one.
export type AnyDraft = Draft<string, any>

/** Puts an event together for `publishAll` and for an outbox. */
export function draft<Type extends string, Input>(
  definition: EventDefinition<Type, Input, unknown>,
  data: NoInfer<Input>,
  options: PublishOptions = {},
): Draft<Type, Input> {
  return { definition, data, options }
}
