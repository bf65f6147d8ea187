import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import { kafkajsDriver } from '../src/driver/kafkajs-driver.ts'
import { toSettings } from '../src/options.ts'

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs

/** What no application does to its broker, and a test must. */
export class KafkaAdmin {
  readonly #broker: string

  /** `host:port`. */
  constructor(broker: string) {
    this.#broker = broker
  }

  /** Throws the members out and deletes the group, and its delay topics with it. */
  deleteGroup(group: string): Promise<void> {
    return this.#with(async (admin) => {
      for (let tries = 0; ; tries++) {
        await this.#throwOut(admin, group)
        try {
          await admin.deleteGroups([group])
          break
        } catch (error) {
          if (tries === 200) throw error
        }
      }
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${group}.retry.`))
      if (topics.length > 0) await admin.deleteTopics({ topics })
    })
  }

  /** As an operator would remove them: each leaves without knowing. */
  async #throwOut(admin: Admin, group: string): Promise<void> {
    const { groups } = await admin.describeGroups([group])
    const members = groups.flatMap((described) => described.members)
    if (members.length === 0) return
    const cluster = kafkajsDriver(toSettings({ brokers: [this.#broker] }).seeds, {
      ...toSettings({ brokers: [this.#broker] }),
    }).open()
    try {
      const calls = cluster.group(group)
      await Promise.all(members.map(({ memberId }) => calls.leave(memberId).catch(() => {})))
    } finally {
      cluster.close()
    }
  }

  /** `undefined` = as the broker is configured. */
  limitMessages(topic: string, bytes: number | undefined): Promise<void> {
    return this.#with(async (admin) => {
      const configEntries = bytes === undefined ? [] : [{ name: 'max.message.bytes', value: String(bytes) }]
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
      await admin.alterConfigs({ validateOnly: false, resources })
      // The brokers learn of it from the controller's log, a moment later.
      await delay(150)
    })
  }

  /** Opens further listeners on the one broker. */
  addListeners(listeners: readonly string[]): Promise<void> {
    return this.#with(async (admin) => {
      const broker = { type: ConfigResourceTypes.BROKER, name: '1' }
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...broker, configNames: ['listeners'] }],
      })
      const value = [resources[0]?.configEntries[0]?.configValue, ...listeners].join(',')
      const configEntries = [{ name: 'listeners', value }]
      await admin.alterConfigs({ validateOnly: false, resources: [{ ...broker, configEntries }] })
    })
  }

  createTopic(topic: string, numPartitions: number): Promise<void> {
    return this.#with(async (admin) => {
      await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }], waitForLeaders: true })
    })
  }

  addPartitions(topic: string, count: number): Promise<void> {
    return this.#with(async (admin) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] })
    })
  }

  committed(
    group: string,
    topics: string[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]> {
    return this.#with((admin) => admin.fetchOffsets({ groupId: group, topics }))
  }

  async #with<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ brokers: [this.#broker], clientId: 'admin', logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    try {
      return await work(admin)
    } finally {
      await admin.disconnect()
    }
  }
}
