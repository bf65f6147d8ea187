import assert from 'node:assert/strict'
import type { Bus } from '../../../bus/bus.ts'
import { createBus } from '../../../bus/create-bus.ts'
import type { BusOptions } from '../../../bus/options.ts'
import type { Consumer } from '../../../consumer/consumer.ts'
import { handle } from '../../../consumer/handler.ts'
import type { ConsumerOptions } from '../../../consumer/options.ts'
import type { RetryPolicy } from '../../../consumer/retry-policy.ts'
import type { Signal } from '../../../consumer/signal.ts'
import type { AnyDraft } from '../../../event/draft.ts'
import type { Logger } from '../../../logger.ts'
import type { DeadLetter } from '../../../transport/dead-letters.ts'
import type { Message } from '../../../transport/message.ts'
import type { Transport } from '../../../transport/transport.ts'
import type { Sighting } from '../checker.ts'
import type { Member } from '../harness.ts'
import { type FactEvent, facts } from './facts.ts'
import type { Body, GroupRuns, RunningProcess } from './group-runs.ts'
import { transportOf } from './layered-transport.ts'

export interface ServiceOptions extends Partial<Omit<BusOptions, 'transport' | 'logger' | 'observe'>> {
  /** Puts something between the bus and the transport. */
  readonly wrap?: (transport: Transport) => Transport
}

export type ConsumeOptions = Omit<ConsumerOptions, 'group' | 'on'> & {
  /** What its handlers do; they end at once by default. */
  readonly body?: Body
}

/** A retry policy whose delays are all the same. */
export const steady = (delayMs: number, attempts: number): RetryPolicy => ({
  attempts,
  backoff: { initialMs: delayMs, factor: 1, jitter: 0 },
})

/** What was published, in the order of its publishing. */
export interface Published extends Sighting {
  readonly n: number
}

export interface LogEntry {
  readonly level: keyof Logger
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** One process of an application: a bus on a member of its own. */
export class Service implements RunningProcess {
  readonly name: string
  readonly member: Member
  readonly bus: Bus
  /** What the bus has observed and logged. */
  readonly signals: Signal[] = []
  readonly logged: LogEntry[] = []
  crashed = false
  readonly #leaseMs: number

  private constructor(name: string, member: Member, parts: { readonly bus: Bus; readonly leaseMs: number }) {
    this.name = name
    this.member = member
    this.bus = parts.bus
    this.#leaseMs = parts.leaseMs
  }

  static async create(
    name: string,
    member: Member,
    { wrap = (transport) => transport, leaseMs, ...options }: ServiceOptions & { readonly leaseMs: number },
  ): Promise<Service> {
    const told: { service?: Service } = {}
    const bus = await createBus({
      source: `https://suite.example/${name}`,
      ...options,
      transport: wrap(transportOf(member)),
      logger: loggerTo((entry) => told.service?.logged.push(entry)),
      observe: (signal) => void told.service?.signals.push(signal),
    })
    told.service = new Service(name, member, { bus, leaseMs })
    return told.service
  }

  /** Adds a consumer whose runs `group` records. */
  consume(
    group: GroupRuns,
    events: FactEvent | readonly FactEvent[],
    { body, ...options }: ConsumeOptions = {},
  ): Consumer {
    const definitions = Array.isArray(events) ? events : [events as FactEvent]
    const on = definitions.map((event) => handle(event, group.handler(this, body)))
    return this.bus.subscribe({ leaseMs: this.#leaseMs, prefetch: 50, ...options, group: group.name, on })
  }

  /** Publishes so many facts at once and asserts that each was accepted. */
  publish(
    event: FactEvent,
    count: number,
    options: { readonly keys?: number; readonly from?: number } = {},
  ): Promise<readonly Published[]> {
    return this.publishAll(facts(event, count, options))
  }

  async publishAll(drafts: readonly AnyDraft[]): Promise<readonly Published[]> {
    const outcomes = await this.bus.publishAll(drafts)
    return outcomes.map((outcome, index) => {
      const { definition, data } = drafts[index] as AnyDraft
      if (!outcome.accepted) assert.fail(`fact ${data.n} was not accepted: ${outcome.error}`)
      return { id: outcome.id, topic: definition.topic, key: definition.keyOf(data), n: data.n }
    })
  }

  /** What was sent for the event of this id. */
  sent(id: string): Message {
    for (const signal of this.signals)
      if (signal.kind === 'published' && signal.message.id === id) return signal.message
    return assert.fail(`${this.name} has not published ${id}`)
  }

  signalsOf<Kind extends Signal['kind']>(kind: Kind): readonly Extract<Signal, { readonly kind: Kind }>[] {
    return this.signals.filter((signal): signal is Extract<Signal, { readonly kind: Kind }> => signal.kind === kind)
  }

  async letters(group: string): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = []
    for await (const letter of this.bus.deadLetters(group).browse()) letters.push(letter)
    return letters
  }

  /** As `kill -9`. */
  async crash(): Promise<void> {
    this.crashed = true
    await this.member.crash()
  }
}

function loggerTo(write: (entry: LogEntry) => void): Logger {
  const at =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) =>
      write({ level, fields, message })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
