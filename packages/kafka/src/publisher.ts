import {
  createMessageCheck,
  type Message,
  MessageTooLargeError,
  messageBytes,
  type Outcome,
  partitionOf,
  type TransportError,
  UnknownTopicError,
} from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import { framingBytes, toRecord } from './mapper.ts'
import type { SendResult } from './producing/lane.ts'
import type { Outgoing, Sender } from './producing/sender.ts'

const accepted: Outcome = Object.freeze({ accepted: true })

export interface PublisherOptions {
  readonly catalog: Catalog
  readonly sender: Sender
  readonly maxMessageBytes: number
  /** What the server takes in a batch, framing and all. */
  readonly maxBatchBytes: number
  /** Writes a message where it waits for its time. */
  later(message: Message, delayMs: number): Promise<SendResult>
}

/** Messages to partitions: refuses what can't travel, places what can. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #check: (message: Message) => TransportError | undefined
  #line: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #turn = 0

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#check = createMessageCheck({ maxMessageBytes: options.maxMessageBytes, delayedPublish: 'member' })
  }

  /** Calls keep their order also where one has to look a topic up first. */
  async publish(messages: readonly Message[], signal?: AbortSignal): Promise<readonly Outcome[]> {
    signal?.throwIfAborted()
    const { catalog } = this.#options
    const isKnown = messages.every(
      ({ topic }) => catalog.known(topic) !== undefined && catalog.limitOf(topic) !== undefined,
    )
    if (isKnown && this.#waiting === 0) return this.#send(messages, signal)
    this.#waiting++
    const ready = this.#line.then(() => this.#lookUp(messages))
    const sent = ready.then(() => ({ outcomes: this.#send(messages, signal) }))
    this.#line = sent
      .catch(() => {})
      .then(() => {
        this.#waiting--
      })
    return (await sent).outcomes
  }

  async flush(): Promise<void> {
    await this.#line
  }

  async #lookUp(messages: readonly Message[]): Promise<void> {
    const { catalog, maxBatchBytes } = this.#options
    const topics = [...new Set(messages.map(({ topic }) => topic))]
    await catalog.lookUp(topics)
    const known = topics.filter((topic) => catalog.known(topic) !== undefined)
    await catalog.maxBytes(known, maxBatchBytes)
  }

  async #send(messages: readonly Message[], signal?: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes = new Array<Outcome>(messages.length)
    const outgoing: Outgoing[] = []
    const places: number[] = []
    const later: Promise<void>[] = []
    const now = Date.now()
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as Message
      const partitions = this.#options.catalog.known(message.topic)?.length
      const error =
        partitions === undefined ? unknownTopic(message) : (this.#check(message) ?? this.#checkTopic(message))
      if (error !== undefined || partitions === undefined) {
        outcomes[i] = { accepted: false, error: error ?? unknownTopic(message) }
      } else if (message.notBefore !== undefined && message.notBefore > now) {
        const written = this.#options.later(message, message.notBefore - now)
        later.push(
          written.then((result) => {
            outcomes[i] = toOutcome(result)
          }),
        )
      } else {
        const partition = message.key === undefined ? this.#turn++ % partitions : partitionOf(message.key, partitions)
        outgoing.push({ topic: message.topic, partition, record: toRecord(message), key: message.key })
        places.push(i)
      }
    }
    const results = await this.#options.sender.send(outgoing, signal)
    results.forEach((result, at) => {
      outcomes[places[at] as number] = toOutcome(result)
    })
    await Promise.all(later)
    return outcomes
  }

  /** A topic may take less than the server. */
  #checkTopic(message: Message): TransportError | undefined {
    const limit = this.#options.catalog.limitOf(message.topic)
    if (limit === undefined || limit >= this.#options.maxBatchBytes) return undefined
    const bytes = messageBytes(message)
    if (bytes <= limit - framingBytes) return undefined
    return new MessageTooLargeError(`The message has ${bytes} bytes, ${message.topic} takes ${limit - framingBytes}`)
  }
}

function toOutcome(result: SendResult): Outcome {
  if (result === undefined) return accepted
  return { accepted: result.unknown ? 'unknown' : false, error: result.error }
}

const unknownTopic = ({ topic }: Message): UnknownTopicError =>
  new UnknownTopicError(`The broker has no topic ${JSON.stringify(String(topic).slice(0, 60))}`)
