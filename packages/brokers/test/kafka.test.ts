import { randomUUID } from 'node:crypto'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { kafka as recipe, startKafka } from '../src/servers/kafka.ts'
import { testServer } from './contract.ts'

const topic = 'notes'

testServer({
  recipe,
  start: startKafka,
  write: async (url, value) => {
    await ensureTopic(url)
    const producer = client(url).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: [{ value }] })
    await producer.disconnect()
  },
  read: async (url) => {
    const last = await withAdmin(url, async (admin) => Number((await admin.fetchTopicOffsets(topic))[0]?.high))
    const consumer = client(url).consumer({ groupId: randomUUID() })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const values: string[] = []
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
        values.push(String(message.value))
        if (values.length >= last) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    return values
  },
  broken: {
    config: { 'log.retention.ms': 'for ever' },
    says: /Invalid value for ever for configuration log.retention.ms/i,
  },
})

function client(url: string): Kafka {
  return new Kafka({ brokers: [new URL(url).host], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } })
}

async function ensureTopic(url: string): Promise<void> {
  await withAdmin(url, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) await admin.createTopics({ topics: [{ topic }] })
  })
}

async function withAdmin<T>(url: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client(url).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
