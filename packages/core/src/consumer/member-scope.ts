import type { Decoder } from '../event/decode-event.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { AttemptScope } from './attempt.ts'
import type { ConsumerCounts } from './consumer.ts'
import type { ConsumerHost, ConsumerSetup } from './setup.ts'

/** What outlives a subscription: a member's settings, counts and switches. */
export interface MemberScope extends AttemptScope {
  readonly setup: ConsumerSetup
  readonly host: ConsumerHost
  readonly capabilities: Capabilities
  readonly decoder: Decoder
  readonly counts: ConsumerCounts
  readonly paused: boolean
  readonly concurrency: number
}
