import type {
  Capabilities,
  DeadLetter,
  Delivery,
  Message,
  Report,
  Settlement,
  SettleResult,
  SubscribeOptions,
  Topology,
} from '@eventspine/core/transport'

/** A transport's methods, less what can't travel. */
export interface Calls {
  connect(): Capabilities
  ensure(topology: Topology): Report
  /** Why a message was refused; undefined: accepted. */
  publish(messages: readonly Message[]): readonly (string | undefined)[]
  /** Resolves to the number of the subscription. */
  subscribe(options: Omit<SubscribeOptions, 'signal'>): number
  /** Undefined: there are no more. */
  next(subscription: number): readonly WireDelivery[] | undefined
  settle(subscription: number, settlements: readonly WireSettlement[]): readonly SettleResult[]
  stop(subscription: number): void
  closeSubscription(subscription: number): void
  letters(group: string): readonly DeadLetter[]
}

export type CallName = keyof Calls

export interface WireDelivery extends Omit<Delivery, 'lease'> {
  readonly number: number
}

export type WireSettlement = Omit<Settlement, 'delivery'> & { readonly delivery: number }

export interface Call {
  readonly call: number
  readonly name: CallName
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly call: number
  readonly value?: unknown
  readonly failure?: string
}
