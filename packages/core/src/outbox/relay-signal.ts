import type { Message } from '../transport/message.ts'
import type { RelayFailure } from './store.ts'

/** What a relay did, for metrics and logs: `createRelay({ observe })`. Called in the hot path: be quick, don't throw. */
export type RelaySignal =
  | { readonly kind: 'claimed' | 'released' | 'lost'; readonly partition: number }
  /** One batch: read, published and committed. */
  | { readonly kind: 'relayed'; readonly partition: number; readonly events: number; readonly durationMs: number }
  | {
      readonly kind: 'attempt-failed'
      readonly message: Message
      readonly attempt: number
      readonly error: unknown
      readonly retryInMs: number
      /** False: the broker's trouble, the event isn't blamed. */
      readonly counted: boolean
    }
  | { readonly kind: 'parked'; readonly message: Message; readonly failure: RelayFailure }
  /** A whole batch found no taker: it waits, and nothing more is read of its partition. */
  | { readonly kind: 'broker-failed'; readonly partition: number; readonly error: unknown; readonly retryInMs: number }
  | { readonly kind: 'broker-recovered'; readonly partition: number }
  | { readonly kind: 'store-failed'; readonly error: unknown }
  | { readonly kind: 'cleaned'; readonly removed: number }

export type ObserveRelay = (signal: RelaySignal) => void
