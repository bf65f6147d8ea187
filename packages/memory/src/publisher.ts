import {
  createMessageCheck,
  type Message,
  type Outcome,
  PublishFailedError,
  sleep,
  type TransportError,
  UnknownTopicError,
} from '@eventspine/core/transport'
import type { Topic } from './broker/topic.ts'
import type { Link } from './link.ts'
import { toStored } from './mapper.ts'
import { Turns } from './turns.ts'

const accepted: Outcome = Object.freeze({ accepted: true })
const unheard: Outcome = Object.freeze({ accepted: true, unheard: true })

/** Appends in the order of the calls: at once, or in line behind what waits for the broker. */
export class Publisher {
  readonly #link: Link
  readonly #check: (message: Message) => TransportError | undefined
  readonly #turns = new Turns()
  #line: Promise<unknown> | undefined

  constructor(link: Link) {
    this.#link = link
    this.#check = createMessageCheck(link.broker.capabilities)
  }

  async publish(messages: readonly Message[], signal?: AbortSignal): Promise<readonly Outcome[]> {
    this.#link.check()
    signal?.throwIfAborted()
    const { faults } = this.#link.broker
    const isFree = this.#line === undefined && this.#link.passes && !faults.delaysPublish
    if (!isFree) return this.#queue(messages, signal)
    const outcomes = this.#confirmed(messages)
    this.#turns.count(messages.length)
    const turn = this.#turns.due()
    if (turn !== undefined) await turn
    return outcomes
  }

  async flush(): Promise<void> {
    await this.#line
  }

  #queue(messages: readonly Message[], signal?: AbortSignal): Promise<readonly Outcome[]> {
    const turn = (this.#line ?? Promise.resolve()).then(async () => {
      await this.#link.passing(signal)
      await this.#delay(signal)
      return this.#confirmed(messages)
    })
    const line = turn
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.#line === line) this.#line = undefined
      })
    this.#line = line
    return turn
  }

  async #delay(signal?: AbortSignal): Promise<void> {
    const { clock, faults } = this.#link.broker
    const delayMs = faults.takeDelay()
    if (delayMs === 0) return
    await sleep(clock, delayMs, signal)
    signal?.throwIfAborted()
    await this.#link.passing(signal)
  }

  /** A lost answer leaves every message of the call unconfirmed: all are sent again, before anything that comes later. */
  #confirmed(messages: readonly Message[]): readonly Outcome[] {
    let outcomes = this.#send(messages)
    while (this.#link.losesAnswer()) outcomes = this.#send(messages)
    return outcomes
  }

  #send(messages: readonly Message[]): readonly Outcome[] {
    const { broker } = this.#link
    const injecting = broker.faults.strikesPublish ? new Injection(this.#link) : undefined
    const outcomes = new Array<Outcome>(messages.length)
    const touched: Topic[] = []
    let topic: Topic | undefined
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as Message
      if (topic?.name !== message.topic) topic = broker.topics.get(message.topic)
      const error = topic === undefined ? unknownTopic(message) : this.#check(message)
      if (topic === undefined || error !== undefined) {
        outcomes[i] = { accepted: false, error: error as TransportError }
        continue
      }
      const struck = injecting?.strike(message)
      if (struck === undefined || struck.arrives) this.#accept(message, topic)
      outcomes[i] =
        struck?.outcome ?? (broker.capabilities.detectsNoGroup && topic.groups.length === 0 ? unheard : accepted)
      if (touched.at(-1) !== topic && !touched.includes(topic)) touched.push(topic)
    }
    for (const each of touched) each.wake()
    broker.changed()
    return outcomes
  }

  #accept(message: Message, topic: Topic): void {
    const { broker } = this.#link
    const stored = toStored(message, broker.arena, broker.seq++)
    const { notBefore } = message
    if (notBefore !== undefined && notBefore > broker.clock.now()) broker.schedule(topic, stored, notBefore)
    else topic.append(stored)
  }
}

const unknownTopic = ({ topic }: Message): UnknownTopicError =>
  new UnknownTopicError(`No topic ${String(topic).slice(0, 200)} on this broker`)

/** The injected failures of one call, and what follows for the rest of the key. */
class Injection {
  readonly #link: Link
  readonly #halted = new Set<string>()

  constructor(link: Link) {
    this.#link = link
  }

  strike(message: Message): { readonly outcome: Outcome; readonly arrives: boolean } | undefined {
    const { broker } = this.#link
    const lane = JSON.stringify([message.topic, message.key])
    if (message.key !== undefined && this.#halted.has(lane)) {
      const error = new PublishFailedError('An earlier message of this key was not accepted')
      return { outcome: { accepted: false, error }, arrives: false }
    }
    const fault = broker.faults.ofMessage(message)
    if (fault === undefined) return undefined
    const unknown = fault.outcome === 'unknown'
    // Sending the unknown again must not overtake what follows; a refusal stops the key only where the broker can.
    if (unknown || broker.capabilities.atomicKeys) this.#halted.add(lane)
    return {
      outcome: { accepted: unknown ? 'unknown' : false, error: fault.error },
      arrives: unknown && fault.accepted === true,
    }
  }
}
