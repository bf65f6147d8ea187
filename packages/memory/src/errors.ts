import { EventspineError } from '@eventspine/core/transport'

/** A URL that names no memory broker. */
export class InvalidUrlError extends EventspineError {
  readonly code = 'invalid-url'
  readonly retryable = false
}

/** What a test waited for did not come in time; the message lists what came. */
export class WaitTimeoutError extends EventspineError {
  readonly code = 'wait-timeout'
  readonly retryable = false
}
