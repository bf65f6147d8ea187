export {
  AsyncSchemaError,
  ClaimLostError,
  InvalidOutboxError,
  NotInTransactionError,
  OutboxStoreError,
  RelayStoppedError,
} from './errors.ts'
export type { Enqueued, EnqueueOptions, Outbox, OutboxOptions, SyncOutbox } from './outbox.ts'
export { createOutbox } from './outbox.ts'
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
