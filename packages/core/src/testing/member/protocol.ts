import { isEventspineError } from '../../error.ts'
import type { Capabilities } from '../../transport/capabilities.ts'
import type { DeadLetter, Failure } from '../../transport/dead-letters.ts'
import {
  BrokerError,
  ConnectionFailedError,
  ConnectionRefusedError,
  InvalidMessageError,
  InvalidNameError,
  MessageTooLargeError,
  PublishFailedError,
  TopologyMismatchError,
  TransportClosedError,
  type TransportError,
  UnknownTopicError,
  UnsupportedError,
} from '../../transport/errors.ts'
import type { Health } from '../../transport/health.ts'
import type { Message } from '../../transport/message.ts'
import type { Delivery, Settlement, SettleResult, SubscribeOptions } from '../../transport/subscription.ts'
import type { Report, Topology } from '../../transport/topology.ts'

/** What the parent may ask of a member's process: the transport's methods without functions and signals. */
export interface MemberCalls {
  connect(): Capabilities
  ensure(topology: Topology): Report
  verify(topology: Topology): Report
  publish(messages: readonly Message[]): readonly WireOutcome[]
  /** Resolves to the number of the subscription. */
  subscribe(options: Omit<SubscribeOptions, 'signal'>): number
  /** Undefined when the iterator has ended. */
  next(subscription: number): readonly WireDelivery[] | undefined
  settle(subscription: number, settlements: readonly WireSettlement[]): readonly SettleResult[]
  note(subscription: number, delivery: number, attempt: number): void
  stop(subscription: number): void
  closeSubscription(subscription: number): void
  countLetters(group: string): number
  /** Resolves to the number of the look. */
  browse(group: string, limit: number | undefined): number
  nextLetters(look: number): readonly DeadLetter[] | undefined
  endBrowse(look: number): void
  replay(group: string, letters: readonly string[]): number
  discard(group: string, letters: readonly string[]): number
  purge(group: string): void
  probe(): Health
  close(): void
  memoryBytes(): number
}

export type CallName = keyof MemberCalls

/** Parent to child. `start` is the first. */
export type Command =
  | { readonly kind: 'start'; readonly module: string; readonly options: unknown }
  | { readonly kind: 'call'; readonly call: number; readonly name: CallName; readonly args: readonly unknown[] }
  | { readonly kind: 'abort'; readonly call: number }

/** Child to parent. */
export type Notice =
  | { readonly kind: 'ready'; readonly name: string }
  | { readonly kind: 'result'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly call: number; readonly error: WireError }
  | { readonly kind: 'lease-over'; readonly lease: number }

export type WireOutcome =
  | { readonly accepted: true; readonly unheard?: boolean }
  | { readonly accepted: false | 'unknown'; readonly error: WireError }

export interface WireDelivery extends Omit<Delivery, 'lease'> {
  readonly number: number
  readonly lease: { readonly number: number; readonly over: boolean }
}

export type WireSettlement = Omit<Settlement, 'delivery'> & {
  readonly delivery: number
  readonly delayMs?: number
  readonly attempt?: number
  readonly failure?: Failure
}

export interface WireError {
  readonly name: string
  readonly message: string
  /** Only errors of ours have one. */
  readonly code?: string
}

/** Errors lose their class on the way: structured clones keep the built-in ones alone. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message } = error
  return isEventspineError(error) ? { name, message, code: error.code } : { name, message }
}

const classes = [
  ConnectionFailedError,
  ConnectionRefusedError,
  TransportClosedError,
  UnknownTopicError,
  MessageTooLargeError,
  InvalidMessageError,
  InvalidNameError,
  PublishFailedError,
  UnsupportedError,
  TopologyMismatchError,
]

export function fromWireError({ name, message, code }: WireError): Error {
  if (code !== undefined) return toTransportError(code, message)
  return Object.assign(new Error(message), { name })
}

export function toTransportError(code: string | undefined, message: string): TransportError {
  for (const Class of classes) {
    const error = new Class(message)
    if (error.code === code) return error
  }
  return new BrokerError(message)
}

/** Names one dead letter between the processes: the same event may be one twice, a hop apart. */
export function letterKey({ message, hop }: DeadLetter): string {
  return JSON.stringify([message.source, message.id, hop])
}
