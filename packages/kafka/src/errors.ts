import {
  BrokerError,
  ConnectionFailedError,
  ConnectionRefusedError,
  EventspineError,
  MessageTooLargeError,
  PublishFailedError,
  type TransportError,
  UnknownTopicError,
  UnsupportedError,
} from '@eventspine/core/transport'
import { connectionLost, DriverError, type DriverErrorType, notAllowed, notConnected, typeOf } from './driver/driver.ts'

/** Options or a URL that name no Kafka cluster. The message never repeats a secret. */
export class InvalidOptionsError extends EventspineError {
  readonly code = 'invalid-options'
  readonly retryable = false
}

/** The same call may succeed in a moment: nobody has to change anything. */
const transient: ReadonlySet<DriverErrorType> = new Set([
  connectionLost,
  notConnected,
  'BROKER_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'CORRUPT_MESSAGE',
  'FENCED_LEADER_EPOCH',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_LEADER_FOR_PARTITION',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
  'UNKNOWN_LEADER_EPOCH',
  'UNSTABLE_OFFSET_COMMIT',
])

export const isTransient = (type: DriverErrorType): boolean => transient.has(type)

/** What a driver's error is to a user. */
export function toTransportError(error: unknown, what: string): TransportError {
  const type = typeOf(error)
  const message = `${what}: ${error instanceof DriverError ? error.message : 'the client failed'}`
  if (type === notConnected || type === connectionLost) return new ConnectionFailedError(message)
  if (type === notAllowed || type.endsWith('_AUTHORIZATION_FAILED')) return new ConnectionRefusedError(message)
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new UnknownTopicError(message)
  if (type === 'UNSUPPORTED_COMPRESSION_TYPE') return new UnsupportedError(message)
  return new BrokerError(message)
}

/** Why the broker refused a batch for good. */
export function refusalOf(type: DriverErrorType, topic: string): TransportError {
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'INVALID_TOPIC_EXCEPTION') {
    return new UnknownTopicError(`The broker has no topic ${topic}`)
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new MessageTooLargeError(`The broker takes no message of this size in ${topic}`)
  }
  if (type.endsWith('_AUTHORIZATION_FAILED')) {
    return new ConnectionRefusedError(`The broker does not let this client write to ${topic}: ${type}`)
  }
  return new PublishFailedError(`The broker refused the message for ${topic}: ${type}`)
}
