import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { announce } from './announce.ts'
import { ensurePrograms, find, type Wanted } from './apt.ts'
import { cacheFolder } from './cache.ts'
import { withLock } from './lock.ts'
import { run } from './run.ts'

export const kafkaVersion = '4.1.1'
const log4jVersion = '2.24.3'

const java: Wanted = { program: 'java', from: 'openjdk-17-jre-headless' }
const maven: Wanted = { program: 'mvn', from: 'maven' }

export interface KafkaInstallation {
  readonly java: string
  readonly classpath: string
  /** A formatted, empty data folder to copy: formatting costs a JVM of its own, copying nothing. */
  readonly formatted: string
}

/** Kafka's jars from Maven, in the user's cache. */
export async function installKafka(): Promise<void> {
  await ensurePrograms([java])
  const folder = await installFolder()
  if (await exists(folder)) return
  await ensurePrograms([maven])
  await withLock('kafka', async () => {
    if (await exists(folder)) return
    announce(`fetching Apache Kafka ${kafkaVersion} with Maven, once`)
    // Built aside and renamed: a run that is killed half way leaves nothing that looks whole.
    const draft = await mkdtemp(`${folder}-`)
    try {
      await fetchJars(draft)
      await format(draft)
      await rename(draft, folder)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  })
}

export async function locateKafka(): Promise<KafkaInstallation> {
  const folder = await installFolder()
  return { java: await find(java), classpath: await classpathOf(folder), formatted: join(folder, 'formatted') }
}

async function installFolder(): Promise<string> {
  return join(await cacheFolder(), `kafka-${kafkaVersion}`)
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

async function classpathOf(folder: string): Promise<string> {
  const jars = await readdir(join(folder, 'libs'))
  return jars
    .sort()
    .map((jar) => join(folder, 'libs', jar))
    .join(':')
}

async function fetchJars(folder: string): Promise<void> {
  await writeFile(join(folder, 'pom.xml'), pom)
  const quiet = ['--batch-mode', '--no-transfer-progress', '--quiet']
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'libs')}`]
  await run(await find(maven), [...quiet, ...goal], { cwd: folder })
}

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`

/** `kafka_2.13` holds the main class and pulls kafka-server and the rest; the log binding it leaves to its user. */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>eventspine</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', log4jVersion)}
</dependencies></project>
`

/** Nothing in a formatted folder depends on the ports: the voters stand in the configuration. */
async function format(folder: string): Promise<void> {
  const formatted = join(folder, 'formatted')
  const properties = join(folder, 'format.properties')
  await mkdir(formatted)
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    'controller.quorum.voters=1@127.0.0.1:9093',
    'controller.listener.names=CONTROLLER',
    'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${formatted}`,
  ]
  await writeFile(properties, lines.join('\n'))
  const clusterId = randomBytes(16).toString('base64url')
  const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', properties]
  await run(await find(java), ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', await classpathOf(folder), ...tool])
}
