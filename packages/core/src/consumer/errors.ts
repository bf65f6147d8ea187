import { EventspineError } from '../error.ts'

/** Throw it (or a subclass, or any error with `retryable: false`) from a handler to dead-letter the event at once. */
export class NonRetryableError extends EventspineError {
  readonly code: string = 'non-retryable'
  readonly retryable = false
}

/** The event was delivered so often without ever being settled that it is taken for what kills its consumers. */
export class CrashLoopError extends EventspineError {
  readonly code = 'crash-loop'
  readonly retryable = false
}

/** A consumer was declared in a way that can't work; the message says what to change. */
export class InvalidConsumerError extends EventspineError {
  readonly code = 'invalid-consumer'
  readonly retryable = false
}

/** A middleware called `next` twice. */
export class NextCalledTwiceError extends EventspineError {
  readonly code = 'next-called-twice'
  readonly retryable = false
}

/** `signal.reason` when the grace of a stop is over. */
export class ConsumerStoppedError extends EventspineError {
  readonly code = 'consumer-stopped'
  readonly retryable = true
}

/** `signal.reason` when the delivery belongs to another member now. */
export class LeaseLostError extends EventspineError {
  readonly code = 'lease-lost'
  readonly retryable = true
}
