/** What the author of an adapter builds on: the contract, its errors, and the checks that every adapter shares. */
export type { Clock, Timer } from '../clock.ts'
export { atMost, sleep, systemClock } from '../clock.ts'
export { EventspineError, isEventspineError } from '../error.ts'
export { toStructured } from '../event/structured-codec.ts'
export { unfold } from '../event/unfold.ts'
export { unlessAborted } from '../unless-aborted.ts'
export type { Capabilities } from './capabilities.ts'
export type { MessageLimits } from './check-message.ts'
export { createMessageCheck, messageBounds, messageBytes } from './check-message.ts'
export { checkName } from './check-name.ts'
export type { DeadLetter, DeadLetters, Failure } from './dead-letters.ts'
export {
  BrokerError,
  ConnectionFailedError,
  ConnectionRefusedError,
  InvalidMessageError,
  InvalidNameError,
  MessageTooLargeError,
  PublishFailedError,
  TopologyMismatchError,
  TransportClosedError,
  TransportError,
  UnknownTopicError,
  UnsupportedError,
} from './errors.ts'
export {
  attemptHeader,
  failureHeaderBytes,
  hopHeader,
  isBookkeeping,
  readAttempt,
  readFailure,
  readHop,
  toFailureHeaders,
  withoutBookkeeping,
} from './failure-headers.ts'
export type { Health, Incident } from './health.ts'
export type { Message, Outcome } from './message.ts'
export { murmur2, partitionOf } from './murmur2.ts'
export type { Delivery, Settlement, SettleResult, SubscribeOptions, Subscription } from './subscription.ts'
export { maxHeld } from './subscription.ts'
export type { GroupSpec, Mismatch, Plan, Report, StartAt, TopicSpec, Topology } from './topology.ts'
export type { Transport } from './transport.ts'
