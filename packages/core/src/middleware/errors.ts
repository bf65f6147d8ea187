import { EventspineError } from '../error.ts'

/** What a middleware or an inbox was made with can't work; the message names the option. Thrown when it is made. */
export class InvalidMiddlewareError extends EventspineError {
  readonly code = 'invalid-middleware'
  readonly retryable = false
}

/** A middleware that belongs to one group was given to a second one; thrown by `subscribe`. */
export class SharedMiddlewareError extends EventspineError {
  readonly code = 'shared-middleware'
  readonly retryable = false
}

/** The handler took longer than `timeout` allows. Also the `reason` of the signal that it was given. */
export class HandlerTimeoutError extends EventspineError {
  readonly code = 'handler-timeout'
  readonly retryable = true
}

/** Somebody else is at work on the same event, or holds the store's lock, and the store waits no longer. */
export class InboxBusyError extends EventspineError {
  readonly code = 'inbox-busy'
  readonly retryable = true
}

/** `inboxTx` was asked outside of a handler that `idempotency` runs with this very inbox. */
export class NoInboxTransactionError extends EventspineError {
  readonly code = 'no-inbox-transaction'
  readonly retryable = false
}

/** What an inbox's database said, or a handler did to its transaction; `cause` is the database's own error. */
export class InboxStoreError extends EventspineError {
  readonly code = 'inbox-store-failed'
  readonly retryable: boolean

  constructor(message: string, options: ErrorOptions & { readonly retryable: boolean }) {
    super(message, options)
    this.retryable = options.retryable
  }
}
