import { EventspineError } from '../error.ts'

/**
 * Thrown by a middleware instead of calling `next`: the consumer settles the delivery as `release`, which burns no attempt
 * and counts as no failure. For the few moments when waiting has no more sense, such as a stop: brokers hand a released
 * delivery out again at once and count it in `redelivered`, so a release in a loop makes a suspect of it.
 */
export class ReleaseError extends EventspineError {
  readonly code = 'released'
  readonly retryable = true

  constructor(message = 'the delivery was given back', options?: ErrorOptions) {
    super(message, options)
  }
}
