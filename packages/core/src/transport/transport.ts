import type { Capabilities } from './capabilities.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Health } from './health.ts'
import type { Message, Outcome } from './message.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'
import type { Plan, Report, Topology } from './topology.ts'

/**
 * One broker behind the contract. An adapter owns: bytes, headers and key in and out, settlement, leases, claims,
 * reconnecting, topology, native delay, dead letters, and errors mapped to a `TransportError`. It owns nothing above a
 * partition: encoding, validation, coalescing, lanes, in-place retry, attempt policy, isolation of suspects, type filter
 * and deduplication are the core's, so leave them alone.
 *
 * Every promise may be pending while the broker is away; none may be forgotten. No method throws synchronously.
 */
export interface Transport {
  /** `kafka`, `rabbitmq`, `sqs`, `redis`, `memory`: for messages and telemetry. */
  readonly name: string

  /**
   * Opens what is needed and says what **this** server can do, read from it where it can be read. Called once, before
   * anything else, and again after a `close`, to start anew. Rejects with `connection-failed` (retryable) or
   * `connection-refused` (credentials, version); the message never holds a secret.
   */
  connect(signal?: AbortSignal): Promise<Capabilities>

  readonly topology: {
    /** Creates what is missing; adds, never removes; a difference that it may not mend is a mismatch in the report. */
    ensure(topology: Topology): Promise<Report>
    /** Changes nothing. */
    verify(topology: Topology): Promise<Report>
    /** What `ensure` would do on an empty broker, without asking it. */
    plan(topology: Topology): Plan
  }

  /**
   * Resolves when the **broker** has accepted or refused each message: same length and order as `messages`. It rejects only
   * when nothing was sent. Everything knowable (size, characters, topic) is refused before the first byte, and a refused
   * message hurts none of its neighbours. The events of one key arrive in the order given: after an unknown outcome the
   * adapter sends again from the first unconfirmed on, in order, so a duplicate is possible and an inversion is not.
   * Calls may overlap; two calls with the same key keep the order in which they were made.
   */
  publish(messages: readonly Message[], options?: { signal?: AbortSignal }): Promise<readonly Outcome[]>

  /**
   * Resolves when the start position of the group is durable: what is published after that is delivered. Makes the group where
   * there is none. Rejects with `unsupported` what the capabilities deny (an ordered group, the `earliest` start), and with
   * `topology-mismatch` an ordered group of a topic that isn't.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>

  deadLetters(group: string): DeadLetters

  probe(): Promise<Health>

  /** Flushes publishes in flight, closes every subscription, lets go of the broker. Idempotent. */
  close(): Promise<void>
}
