export {
  AsyncSchemaError,
  ClaimLostError,
  InvalidOutboxError,
  NotInTransactionError,
  OutboxStoreError,
  RelayStoppedError,
  UnreadableEventError,
} from './errors.ts'
export type { Enqueued, EnqueueOptions, Outbox, OutboxOptions, SyncOutbox } from './outbox.ts'
export { createOutbox } from './outbox.ts'
export type { Relay, RelayHealth, RelayState } from './relay.ts'
export { createRelay } from './relay.ts'
export type { RelayOptions } from './relay-options.ts'
export type { RelayCounts } from './relay-report.ts'
export type { ObserveRelay, RelaySignal } from './relay-signal.ts'
export type {
  BatchLimit,
  Claim,
  Claims,
  OutboxBatch,
  OutboxEvent,
  OutboxStatus,
  OutboxStore,
  ParkedEvent,
  RelayFailure,
  RelayResult,
  SyncOutboxStore,
} from './store.ts'
