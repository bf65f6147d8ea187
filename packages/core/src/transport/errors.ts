import { EventspineError } from '../error.ts'

/** An error of the broker side. Adapters map everything that a client throws to one of these, with `cause` redacted. */
export abstract class TransportError extends EventspineError {}

/** The broker can't be reached now. */
export class ConnectionFailedError extends TransportError {
  readonly code = 'connection-failed'
  readonly retryable = true
}

/** The broker answered no: credentials, permissions, TLS or a version that we can't speak. */
export class ConnectionRefusedError extends TransportError {
  readonly code = 'connection-refused'
  readonly retryable = false
}

/** The transport is closed or closing. */
export class TransportClosedError extends TransportError {
  readonly code = 'transport-closed'
  readonly retryable = false
}

/** No such topic on the broker. */
export class UnknownTopicError extends TransportError {
  readonly code = 'unknown-topic'
  readonly retryable = false
}

/** Larger than `maxMessageBytes`; refused before the first byte. */
export class MessageTooLargeError extends TransportError {
  readonly code = 'message-too-large'
  readonly retryable = false
}

/** Something in the message can't travel: characters, header names or sizes; refused before the first byte. */
export class InvalidMessageError extends TransportError {
  readonly code = 'invalid-message'
  readonly retryable = false
}

/** The name of a topic or group has characters or a length that not every broker takes. */
export class InvalidNameError extends TransportError {
  readonly code = 'invalid-name'
  readonly retryable = false
}

/** The broker refused the message, or its answer never came. */
export class PublishFailedError extends TransportError {
  readonly code = 'publish-failed'
  readonly retryable = true
}

/** The server can't do what was asked for: see `Capabilities`. */
export class UnsupportedError extends TransportError {
  readonly code = 'unsupported'
  readonly retryable = false
}

/** Topics or groups exist on the broker with values that would break a guarantee. */
export class TopologyMismatchError extends TransportError {
  readonly code = 'topology-mismatch'
  readonly retryable = false
}

/** Anything else that the broker said. */
export class BrokerError extends TransportError {
  readonly code = 'broker-error'
  readonly retryable = true
}
