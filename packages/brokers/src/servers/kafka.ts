import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installKafka, kafkaVersion, locateKafka } from '../install/kafka.ts'
import { kafkaReady } from '../ready/kafka.ts'
import type { Config, ContainerRun, Place, Programs, Recipe } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { startServer } from '../start-server.ts'

/** Apache Kafka 4 in KRaft mode: one node that is broker and controller, no topic created by chance. `kafka://host:port`. */
export function startKafka(options: ServerOptions = {}): Promise<Server> {
  return startServer(kafka, options)
}

export const kafka: Recipe = {
  name: 'kafka',
  variable: 'EVENTSPINE_TEST_KAFKA_URL',
  deadlineMs: 90_000,
  url: (port) => `kafka://127.0.0.1:${port}`,
  ready: kafkaReady,
  native: { install: installKafka, ports: 2, prepare },
  container: { image: `apache/kafka:${kafkaVersion}`, port: 9092, run: runContainer },
}

/** Of a single node, and quick: no waiting for members that may yet come, no long session of a broker that was killed. */
const settings: Config = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '8',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  // The controller refuses a restarted broker until the session of its former life is over.
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  // 128 MiB by default: a quarter of the heap, for offsets of a few thousand keys.
  'log.cleaner.dedupe.buffer.size': '8388608',
}

async function prepare({ folder, ports: [port, controller], config }: Place): Promise<Programs> {
  const { java, classpath, formatted } = await locateKafka()
  const data = join(folder, 'data')
  const properties = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.properties')
  const all = {
    ...settings,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'log.dirs': data,
    ...config,
  }
  await cp(formatted, data, { recursive: true })
  await writeFile(
    properties,
    Object.entries(all).map(([key, value]) => `${key}=${value}\n`),
  )
  await writeFile(logging, log4j2)
  const args = ['-Xmx512m', `-Dlog4j2.configurationFile=${logging}`, '-cp', classpath, 'kafka.Kafka', properties]
  return { server: { command: java, args } }
}

const log4j2 = `status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1}: %m%n
rootLogger.level=info
rootLogger.appenderRef.console.ref=console
`

function runContainer(port: number, config: Config): ContainerRun {
  const all = {
    ...settings,
    'controller.quorum.voters': '1@127.0.0.1:9093',
    listeners: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093',
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    ...config,
  }
  const variable = (key: string): string => `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`
  return { env: Object.fromEntries(Object.entries(all).map(([key, value]) => [variable(key), value])) }
}
