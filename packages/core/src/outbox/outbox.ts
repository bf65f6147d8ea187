import type { Clock } from '../clock.ts'
import { isUriReference } from '../event/attribute-types.ts'
import type { EventDefinition } from '../event/definition.ts'
import type { AnyDraft, PublishOptions } from '../event/draft.ts'
import { draft } from '../event/draft.ts'
import type { EncodedEvent } from '../event/encode-event.ts'
import type { Event } from '../event/event.ts'
import { isThenable, type MaybePromise } from '../maybe-promise.ts'
import { createEncoder, type EncoderSettings } from './encoder.ts'
import { AsyncSchemaError, InvalidOutboxError } from './errors.ts'
import type { OutboxStore, SyncOutboxStore } from './store.ts'

export interface OutboxOptions<Tx> {
  readonly store: OutboxStore<Tx>
  /** Names this service on every event: a stable URI, the same as the bus's. */
  readonly source: string
  /** Refuses what the broker would refuse later, when it is too late to roll back. Body, key and headers; default 1 MiB. */
  readonly maxMessageBytes?: number
  readonly clock?: Clock
}

export interface EnqueueOptions {
  /** The event being handled: correlation, causation and trace context are carried on from it. */
  readonly cause?: Event
}

/** What the event will be known by. */
export interface Enqueued {
  readonly id: string
}

/**
 * Publishes by writing into the caller's transaction; a relay sends on what has committed. Id and time are minted here, and
 * the data is validated and encoded here, so that what can't be published fails the business transaction, not the relay:
 * `invalid-data`, `invalid-message`, `not-in-transaction`, or whatever the database says.
 */
export interface Outbox<Tx> {
  readonly source: string
  publish<Input>(
    tx: Tx,
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions & EnqueueOptions,
  ): Promise<Enqueued>
  /** All or none, in order. */
  publishAll(tx: Tx, drafts: readonly AnyDraft[], options?: EnqueueOptions): Promise<readonly Enqueued[]>
}

/**
 * The same over a store that writes synchronously: the event is written when `publish` returns, and a failure is thrown, not
 * a rejection that a synchronous block would miss. A schema that validates asynchronously is refused with `async-schema`.
 */
export interface SyncOutbox<Tx> {
  readonly source: string
  publish<Input>(
    tx: Tx,
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions & EnqueueOptions,
  ): Enqueued
  /** All or none, in order. */
  publishAll(tx: Tx, drafts: readonly AnyDraft[], options?: EnqueueOptions): readonly Enqueued[]
}

export function createOutbox<Tx>(options: OutboxOptions<Tx> & { readonly store: SyncOutboxStore<Tx> }): SyncOutbox<Tx>
export function createOutbox<Tx>(options: OutboxOptions<Tx>): Outbox<Tx>
export function createOutbox<Tx>(options: OutboxOptions<Tx>): Outbox<Tx> | SyncOutbox<Tx> {
  checkOptions(options)
  const { store } = options
  return isSync(store) ? syncOutbox(store, options) : asyncOutbox(store, options)
}

function checkOptions({ store, source, maxMessageBytes = 1 }: OutboxOptions<never>): void {
  if (typeof store?.append !== 'function') throw new InvalidOutboxError('An outbox needs a store.')
  if (typeof source !== 'string' || source === '' || !isUriReference(source)) {
    throw new InvalidOutboxError('An outbox needs the URI of the service that its events come from.')
  }
  if (!(maxMessageBytes > 0)) throw new InvalidOutboxError('maxMessageBytes is a number above 0.')
}

function isSync<Tx>(store: OutboxStore<Tx>): store is SyncOutboxStore<Tx> {
  return store.sync
}

function syncOutbox<Tx>(store: SyncOutboxStore<Tx>, settings: EncoderSettings): SyncOutbox<Tx> {
  const encode = createEncoder(settings)
  const write = (tx: Tx, drafts: readonly AnyDraft[], cause: Event | undefined): Enqueued[] => {
    const events = drafts.map((each) => atOnce(each, encode(each, cause)))
    store.append(tx, events)
    return events.map(({ id }) => ({ id }))
  }
  return {
    source: settings.source,
    publish: (tx, definition, data, { cause, ...options } = {}) =>
      only(write(tx, [draft(definition, data, options)], cause)),
    publishAll: (tx, drafts, { cause } = {}) => write(tx, drafts, cause),
  }
}

function asyncOutbox<Tx>(store: OutboxStore<Tx>, settings: EncoderSettings): Outbox<Tx> {
  const encode = createEncoder(settings)
  const write = async (tx: Tx, drafts: readonly AnyDraft[], cause: Event | undefined): Promise<Enqueued[]> => {
    // Async, so that one that throws leaves no other's later rejection to nobody.
    const events = await Promise.all(drafts.map(async (each) => encode(each, cause)))
    await store.append(tx, events)
    return events.map(({ id }) => ({ id }))
  }
  return {
    source: settings.source,
    publish: async (tx, definition, data, { cause, ...options } = {}) =>
      only(await write(tx, [draft(definition, data, options)], cause)),
    publishAll: (tx, drafts, { cause } = {}) => write(tx, drafts, cause),
  }
}

function atOnce({ definition }: AnyDraft, encoded: MaybePromise<EncodedEvent>): EncodedEvent {
  if (!isThenable<EncodedEvent>(encoded)) return encoded
  encoded.then(undefined, () => {})
  throw new AsyncSchemaError(
    `The schema of "${definition.type}" validates asynchronously, which a synchronous transaction can't wait for.`,
  )
}

function only(enqueued: readonly Enqueued[]): Enqueued {
  return enqueued[0] as Enqueued
}
