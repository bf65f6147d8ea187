import { type Message, partitionOf, type Settlement, sleep, systemClock } from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import { toRecord } from './mapper.ts'
import type { Sender } from './producing/sender.ts'
import type { KafkaSubscription } from './subscription.ts'

/**
 * Publishes what was published for later when it is due. Every transport that reads runs one; a group shares the delay topics
 * among them, so while any lives the messages go out, and while none does they are late.
 */
export class Forwarder {
  readonly #subscription: KafkaSubscription
  readonly #sender: Sender
  readonly #catalog: Catalog
  readonly #running: Promise<void>
  #turn = 0

  constructor(subscription: KafkaSubscription, sender: Sender, catalog: Catalog) {
    this.#subscription = subscription
    this.#sender = sender
    this.#catalog = catalog
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    await this.#subscription.close()
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      for await (const batch of this.#subscription) {
        const settlements = await Promise.all(
          batch.map(async (delivery): Promise<Settlement> => {
            const as = (await this.#forward(delivery.message)) ? 'ack' : 'release'
            return { delivery, as }
          }),
        )
        await this.#subscription.settle(settlements)
        if (settlements.some(({ as }) => as === 'release')) await sleep(systemClock, 500)
      }
    } catch {
      // The subscription tells of its failure; another transport takes over.
    }
  }

  /** True when it is published, or never can be: its topic is gone. */
  async #forward(message: Message): Promise<boolean> {
    try {
      await this.#catalog.lookUp([message.topic])
      const partitions = this.#catalog.known(message.topic)?.length
      if (partitions === undefined) return true
      const partition = message.key === undefined ? this.#turn++ % partitions : partitionOf(message.key, partitions)
      const outgoing = { topic: message.topic, partition, record: toRecord(message), key: message.key }
      const [result] = await this.#sender.send([outgoing])
      return result === undefined
    } catch {
      return false
    }
  }
}
