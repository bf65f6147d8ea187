/** What an application uses: define events, publish them, handle them. Adapters build on `@eventspine/core/transport`. */
export type { Bus, BusCounts, BusHealth, Published, PublishOutcome } from './bus/bus.ts'
export { defineConfig, loadConfig } from './bus/config.ts'
export { createBus } from './bus/create-bus.ts'
export {
  BusNotStartedError,
  InvalidConfigError,
  KeyHaltedError,
  PublishAbortedError,
  UnheardError,
  UnmetCapabilitiesError,
} from './bus/errors.ts'
export type { BusOptions } from './bus/options.ts'
export type { Clock, Timer } from './clock.ts'
export { systemClock } from './clock.ts'
export type { Consumer, ConsumerCounts, ConsumerState } from './consumer/consumer.ts'
export {
  ConsumerStoppedError,
  CrashLoopError,
  InvalidConsumerError,
  LeaseLostError,
  NextCalledTwiceError,
  NonRetryableError,
} from './consumer/errors.ts'
export { handleBatch } from './consumer/handle-batch.ts'
export type {
  BatchContext,
  BatchHandler,
  BatchResult,
  ConsumerControl,
  Handler,
  HandlerContext,
  Registration,
} from './consumer/handler.ts'
export { handle } from './consumer/handler.ts'
export type { Middleware } from './consumer/middleware.ts'
export type { ConsumerOptions, SuspectPolicy } from './consumer/options.ts'
export { ReleaseError } from './consumer/release-error.ts'
export type { Backoff, RetryPolicy } from './consumer/retry-policy.ts'
export type { Observe, Signal } from './consumer/signal.ts'
export { EventspineError, isEventspineError } from './error.ts'
export { decodeAs } from './event/decode-as.ts'
export { defineEvent } from './event/define-event.ts'
export type { AnyEventDefinition, EventDefinition, EventOptions, Upcasters } from './event/definition.ts'
export type { AnyDraft, Draft, PublishOptions } from './event/draft.ts'
export { draft } from './event/draft.ts'
export {
  EventError,
  InvalidAttributeError,
  InvalidDataError,
  InvalidDefinitionError,
  LimitExceededError,
  UndecodableError,
  UnsupportedFormatError,
  UnsupportedSpecversionError,
  UnsupportedVersionError,
  UpcastFailedError,
} from './event/errors.ts'
export type { Event } from './event/event.ts'
export type { Limits } from './event/limits.ts'
export type { Logger } from './logger.ts'
export type { CircuitChange, CircuitSnapshot, CircuitState } from './middleware/circuit.ts'
export type { CircuitBreaker, CircuitBreakerOptions } from './middleware/circuit-breaker.ts'
export { circuitBreaker } from './middleware/circuit-breaker.ts'
export {
  HandlerTimeoutError,
  InboxBusyError,
  InboxStoreError,
  InvalidMiddlewareError,
  NoInboxTransactionError,
  SharedMiddlewareError,
} from './middleware/errors.ts'
export type { IdempotencyOptions } from './middleware/idempotency.ts'
export { idempotency, inboxTx } from './middleware/idempotency.ts'
export type { InboxKey, InboxStore } from './middleware/inbox.ts'
export type { MemoryInboxOptions } from './middleware/memory-inbox.ts'
export { memoryInbox } from './middleware/memory-inbox.ts'
export type { ThrottleOptions } from './middleware/throttle.ts'
export { throttle } from './middleware/throttle.ts'
export type { TimeoutOptions } from './middleware/timeout.ts'
export { timeout } from './middleware/timeout.ts'
export type { Capabilities } from './transport/capabilities.ts'
export type { DeadLetter, DeadLetters, Failure } from './transport/dead-letters.ts'
export type { Health, Incident } from './transport/health.ts'
export type { Message } from './transport/message.ts'
export { MissingAdapterError, UnknownSchemeError } from './transport/resolve-transport.ts'
export type { StartAt } from './transport/topology.ts'
export type { Transport } from './transport/transport.ts'
