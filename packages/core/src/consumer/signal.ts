import type { Event } from '../event/event.ts'
import type { Failure } from '../transport/dead-letters.ts'
import type { Message } from '../transport/message.ts'

/** What happened, for metrics, logs and demos: `createBus({ observe })`. Called in the hot path: be quick, don't throw. */
export type Signal =
  | { readonly kind: 'published'; readonly message: Message; readonly unheard: boolean }
  | { readonly kind: 'publish-failed'; readonly message: Message; readonly error: unknown }
  | {
      readonly kind: 'handled'
      readonly group: string
      readonly event: Event
      readonly attempt: number
      readonly durationMs: number
    }
  | {
      readonly kind: 'attempt-failed'
      readonly group: string
      readonly event: Event
      readonly attempt: number
      readonly error: unknown
      /** Undefined: no further attempt. */
      readonly retryInMs: number | undefined
    }
  | { readonly kind: 'dead-lettered'; readonly group: string; readonly message: Message; readonly failure: Failure }
  | { readonly kind: 'skipped'; readonly group: string; readonly message: Message }
  | { readonly kind: 'lost'; readonly group: string; readonly message: Message }
  /** `maxHeld` deliveries of a partition are in hand: it pauses until one is settled. */
  | { readonly kind: 'partition-full'; readonly group: string; readonly partition: string }
  | { readonly kind: 'paused' | 'resumed'; readonly group: string }
  | { readonly kind: 'isolated'; readonly group: string; readonly message: Message; readonly redelivered: number }
  | {
      readonly kind: 'broken'
      readonly group: string
      readonly error: unknown
      readonly recoverInMs: number | undefined
    }

export type Observe = (signal: Signal) => void
