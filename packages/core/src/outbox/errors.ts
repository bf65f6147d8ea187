import { EventspineError } from '../error.ts'

/** The handle given to `outbox.publish` isn't inside a transaction: the event would outlive a rollback. */
export class NotInTransactionError extends EventspineError {
  readonly code = 'not-in-transaction'
  readonly retryable = false
}

/** An event whose schema validates asynchronously can't be written within a synchronous transaction. */
export class AsyncSchemaError extends EventspineError {
  readonly code = 'async-schema'
  readonly retryable = false
}

/** Outbox, relay or store were given something that can't work; the message says what to change. */
export class InvalidOutboxError extends EventspineError {
  readonly code = 'invalid-outbox'
  readonly retryable = false
}

/** The outbox's database didn't do what it was asked for. */
export class OutboxStoreError extends EventspineError {
  readonly code = 'outbox-store-failed'
  readonly retryable: boolean

  constructor(message: string, options: ErrorOptions & { readonly retryable: boolean }) {
    super(message, options)
    this.retryable = options.retryable
  }
}

/** What stands in the outbox is no message any more: somebody else wrote or changed it. Such an event is parked. */
export class UnreadableEventError extends EventspineError {
  readonly code = 'unreadable-event'
  readonly retryable = false
}

/** The relay no longer owns the partition that it was working on: somebody else goes on from its last commit. */
export class ClaimLostError extends EventspineError {
  readonly code = 'claim-lost'
  readonly retryable = false
}

/** A stop overtook the relay's start; also `signal.reason` of a publish that the grace of a stop has run out on. */
export class RelayStoppedError extends EventspineError {
  readonly code = 'relay-stopped'
  readonly retryable = false
}
