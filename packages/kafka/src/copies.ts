import {
  attemptHeader,
  type Failure,
  hopHeader,
  type Message,
  partitionOf,
  toFailureHeaders,
} from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import { deadTopic, delayTopic, laterPrefix, retryPrefix, tierFor } from './delays.ts'
import { toRecord } from './mapper.ts'
import type { SendResult } from './producing/lane.ts'
import type { Sender } from './producing/sender.ts'
import type { TopicMaker } from './topic-maker.ts'

export interface RetryOptions {
  readonly delayMs: number
  readonly attempt: number
  readonly hop: number
}

/** Copies of messages in the adapter's own topics: for later, for another attempt, or for good. */
export class Copies {
  readonly #catalog: Catalog
  readonly #sender: Sender
  readonly #maker: TopicMaker
  /** A topic that the group's members have to hear of. */
  readonly #isNew: (topic: string) => void
  #turn = 0

  constructor(catalog: Catalog, sender: Sender, maker: TopicMaker, isNew: (topic: string) => void) {
    this.#catalog = catalog
    this.#sender = sender
    this.#maker = maker
    this.#isNew = isNew
  }

  async retry(group: string, message: Message, { delayMs, attempt, hop }: RetryOptions): Promise<void> {
    const topic = delayTopic(retryPrefix(group), tierFor(delayMs))
    if (this.#catalog.known(topic) === undefined) {
      await this.#maker.ready(this.#maker.ofGroup(group, false), topic)
      this.#isNew(topic)
    }
    const headers = new Map([
      [attemptHeader, String(attempt)],
      [hopHeader, String(hop)],
    ])
    const result = await this.#send(message, topic, toRecord(message, { headers, away: true, delayMs }))
    if (result !== undefined) throw result.error
  }

  async deadLetter(group: string, message: Message, failure: Failure, hop: number): Promise<void> {
    const topic = deadTopic(group)
    await this.#maker.ready(this.#maker.ofGroup(group, true), topic)
    const record = toRecord(message, { headers: toFailureHeaders(failure, hop), away: true })
    const [result] = await this.#sender.send([{ topic, partition: 0, record, key: message.key }])
    if (result !== undefined) throw result.error
  }

  async later(message: Message, delayMs: number): Promise<SendResult> {
    const topic = delayTopic(laterPrefix, tierFor(delayMs))
    await this.#maker.ready(this.#maker.ofLater(), topic)
    return this.#send(message, topic, toRecord(message, { away: true, delayMs }))
  }

  async #send(message: Message, topic: string, record: ReturnType<typeof toRecord>): Promise<SendResult> {
    const partitions = this.#catalog.known(topic)?.length ?? 1
    const partition = message.key === undefined ? this.#turn++ % partitions : partitionOf(message.key, partitions)
    const [result] = await this.#sender.send([{ topic, partition, record, key: message.key }])
    return result
  }
}
