import assignerProtocol from 'kafkajs/src/consumer/assignerProtocol.js'
import filterAbortedMessages from 'kafkajs/src/consumer/filterAbortedMessages.js'
import { type Address, type ConnectionOptions, errorType } from './connections.ts'
import {
  type Cluster,
  type CommitResult,
  type CommittedOffset,
  type Driver,
  DriverError,
  type DriverErrorType,
  type Fetched,
  type FetchedRecord,
  type FetchRequest,
  type GroupCalls,
  type Joined,
  type JoinRequest,
  type Membership,
  type NewTopic,
  type PartitionInfo,
  type Place,
  type PlacedOffset,
  type ProduceBatch,
  type Produced,
  type ProducerIdentity,
  type SyncRequest,
  type TopicConfig,
} from './driver.ts'
import { Nodes } from './nodes.ts'

/** kafkajs below its consumer and producer: its codecs and connections. */
export function kafkajsDriver(seeds: readonly Address[], options: ConnectionOptions): Driver {
  return { open: () => new KafkajsCluster(new Nodes(seeds, options), options.requestTimeoutMs) }
}

const { MemberMetadata, MemberAssignment } = assignerProtocol
const resourceTopic = 2
const resourceBroker = 4
const readCommitted = 1

class KafkajsCluster implements Cluster {
  readonly #nodes: Nodes
  readonly #timeoutMs: number

  constructor(nodes: Nodes, timeoutMs: number) {
    this.#nodes = nodes
    this.#timeoutMs = timeoutMs
  }

  async connect(): Promise<void> {
    await this.metadata([])
  }

  async metadata(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionInfo[]>> {
    const data = (await this.#nodes.any('Metadata', { topics, allowAutoTopicCreation: false })) as unknown as Metadata
    this.#nodes.learn(data)
    const found = new Map<string, readonly PartitionInfo[]>()
    for (const { topic, topicErrorCode, partitionMetadata } of data.topicMetadata) {
      if (!topics.includes(topic)) continue
      const error = errorType(topicErrorCode)
      if (error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'INVALID_TOPIC_EXCEPTION') continue
      if (error !== undefined && error !== 'LEADER_NOT_AVAILABLE') throw failed(error, `Topic ${topic}`)
      const partitions = partitionMetadata.map(({ partitionId, leader }) => ({ partition: partitionId, leader }))
      found.set(topic, partitions.sort(byPartition))
    }
    return found
  }

  async brokerConfig(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const node = await this.#nodes.controller()
    const resources = [{ type: resourceBroker, name: String(node), configNames: names }]
    const [config] = await this.#configs(node, resources)
    return config?.[1] ?? new Map()
  }

  async topicConfigs(topics: readonly string[], names: readonly string[]): Promise<ReadonlyMap<string, TopicConfig>> {
    const resources = topics.map((name) => ({ type: resourceTopic, name, configNames: names }))
    return new Map(await this.#configs(await this.#nodes.controller(), resources))
  }

  async #configs(node: number, resources: readonly unknown[]): Promise<[string, Map<string, string>][]> {
    const data = (await this.#nodes.send(node, 'DescribeConfigs', { resources })) as unknown as Configs
    return data.resources
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue ?? ''])),
      ])
  }

  async createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, DriverErrorType | undefined>> {
    const request = {
      topics: topics.map(({ name, partitions, replicationFactor, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
      validateOnly: false,
      timeout: this.#timeoutMs,
    }
    const node = await this.#nodes.controller()
    const data = (await this.#nodes.send(node, 'CreateTopics', request)) as unknown as CreatedTopics
    return new Map(data.topicErrors.map(({ topic, errorCode }) => [topic, errorType(errorCode)]))
  }

  async initProducer(): Promise<ProducerIdentity> {
    const request = { transactionalId: null, transactionTimeout: 60_000 }
    const data = (await this.#nodes.any('InitProducerId', request)) as unknown as NewProducer
    check(data.errorCode, 'InitProducerId')
    return { id: String(data.producerId), epoch: data.producerEpoch }
  }

  async produce(
    node: number,
    batches: readonly ProduceBatch[],
    producer?: ProducerIdentity,
  ): Promise<readonly Produced[]> {
    const data = (await this.#nodes.send(node, 'Produce', {
      acks: -1,
      timeout: this.#timeoutMs,
      compression: 0,
      topicData: byTopic(batches, ({ partition, records, sequence }) => ({
        partition,
        messages: records,
        firstSequence: sequence,
      })),
      ...(producer === undefined ? {} : { producerId: producer.id, producerEpoch: producer.epoch }),
    })) as unknown as ProduceAnswer
    return data.topics.flatMap(({ topicName, partitions }) =>
      partitions.map(({ partition, errorCode }) => ({ topic: topicName, partition, error: errorType(errorCode) })),
    )
  }

  async fetch(node: number, { places, maxWaitMs, maxBytes }: FetchRequest): Promise<readonly Fetched[]> {
    const request = {
      isolationLevel: readCommitted,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: byTopic(places, ({ partition, offset, maxBytes: most }) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes: most,
      })),
      rackId: '',
    }
    const data = (await this.#nodes.send(node, 'Fetch', request, maxWaitMs)) as unknown as FetchAnswer
    const from = new Map(places.map((place) => [keyOf(place), place.offset]))
    return data.responses.flatMap(({ topicName, partitions }) =>
      partitions.map((partition) => toFetched(topicName, partition, from)),
    )
  }

  async listOffsets(places: readonly Place[], which: 'earliest' | 'latest'): Promise<readonly PlacedOffset[]> {
    const timestamp = which === 'earliest' ? '-2' : '-1'
    const leaders = await this.#byLeader(places)
    const answers = await Promise.all(
      leaders.map(async ([node, led]) => {
        const topics = byTopic(led, ({ partition }) => ({ partition, timestamp }))
        const data = await this.#nodes.send(node, 'ListOffsets', { isolationLevel: readCommitted, topics })
        return (data as unknown as OffsetsAnswer).responses
      }),
    )
    return answers.flat().flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, errorCode, offset }) => {
        check(errorCode, `Offsets of ${topic}/${partition}`)
        return { topic, partition, offset: Number(offset) }
      }),
    )
  }

  async deleteRecords(place: Place, before: number): Promise<void> {
    const [leader] = await this.#byLeader([place])
    const topics = [{ topic: place.topic, partitions: [{ partition: place.partition, offset: String(before) }] }]
    const request = { topics, timeout: this.#timeoutMs }
    const data = (await this.#nodes.send(leader?.[0] ?? -1, 'DeleteRecords', request)) as unknown as DeletedRecords
    for (const { partitions } of data.topics) {
      for (const { errorCode } of partitions) check(errorCode, `Deleting records of ${place.topic}`)
    }
  }

  group(name: string): GroupCalls {
    return new KafkajsGroup(name, this.#nodes)
  }

  drop(node: number): void {
    this.#nodes.drop(node)
  }

  close(): void {
    this.#nodes.close()
  }

  async #byLeader(places: readonly Place[]): Promise<[number, Place[]][]> {
    const known = await this.metadata([...new Set(places.map(({ topic }) => topic))])
    const led = Map.groupBy(places, ({ topic, partition }) => {
      const leader = known.get(topic)?.[partition]?.leader
      if (leader === undefined) throw failed('UNKNOWN_TOPIC_OR_PARTITION', `${topic}/${partition}`)
      if (leader < 0) throw failed('LEADER_NOT_AVAILABLE', `${topic}/${partition}`)
      return leader
    })
    return [...led]
  }
}

/** Finds the coordinator once and again when a call says that it is another. */
class KafkajsGroup implements GroupCalls {
  readonly #name: string
  readonly #nodes: Nodes
  #coordinator: number | undefined

  constructor(name: string, nodes: Nodes) {
    this.#name = name
    this.#nodes = nodes
  }

  async join(request: JoinRequest): Promise<Joined> {
    const { memberId, sessionTimeoutMs, rebalanceTimeoutMs, protocol, topics, userData } = request
    const metadata = MemberMetadata.encode({ version: 1, topics, userData })
    const call = {
      memberId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      protocolType: 'consumer',
      groupProtocols: [{ name: protocol, metadata }],
    }
    const data = (await this.#send('JoinGroup', call, rebalanceTimeoutMs)) as unknown as JoinAnswer
    const error = errorType(data.errorCode)
    if (error !== undefined) throw new DriverError(error, `JoinGroup: ${error}`, data.memberId)
    const members = data.members.map((member) => {
      const told = MemberMetadata.decode(member.memberMetadata)
      return { memberId: member.memberId, topics: told.topics, userData: told.userData ?? Buffer.alloc(0) }
    })
    return { memberId: data.memberId, generation: data.generationId, members }
  }

  async sync({ memberId, generation, assignments }: SyncRequest): Promise<Buffer> {
    const groupAssignment = [...assignments].map(([member, assignment]) => ({
      memberId: member,
      memberAssignment: MemberAssignment.encode({ version: 1, assignment: Object.fromEntries(assignment) }),
    }))
    const data = await this.#send('SyncGroup', { memberId, generationId: generation, groupAssignment }, 0)
    check(data.errorCode as number, 'SyncGroup')
    return (data.memberAssignment as Buffer | null) ?? Buffer.alloc(0)
  }

  async heartbeat({ memberId, generation }: Membership): Promise<void> {
    const data = await this.#send('Heartbeat', { memberId, groupGenerationId: generation }, 0)
    check(data.errorCode as number, 'Heartbeat')
  }

  async leave(memberId: string): Promise<void> {
    await this.#send('LeaveGroup', { memberId, groupInstanceId: null }, 0)
  }

  async commit(member: Membership | undefined, offsets: readonly CommittedOffset[]): Promise<readonly CommitResult[]> {
    const data = (await this.#send('OffsetCommit', {
      groupGenerationId: member?.generation ?? -1,
      memberId: member?.memberId ?? '',
      topics: byTopic(offsets, ({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
    })) as unknown as CommitAnswer
    const results = data.responses.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, errorCode }) => ({ topic, partition, error: errorType(errorCode) })),
    )
    if (results.some(({ error }) => error !== undefined && moved.has(error))) this.#coordinator = undefined
    return results
  }

  async committed(places: readonly Place[]): Promise<readonly CommittedOffset[]> {
    const topics = byTopic(places, ({ partition }) => ({ partition }))
    const data = (await this.#send('OffsetFetch', { topics })) as unknown as CommittedAnswer
    check(data.errorCode ?? 0, 'OffsetFetch')
    return data.responses.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, errorCode, offset, metadata }) => {
        check(errorCode, `Committed offset of ${topic}/${partition}`)
        return Number(offset) < 0 ? [] : [{ topic, partition, offset: Number(offset), metadata: metadata ?? '' }]
      }),
    )
  }

  async #send(api: string, args: object, extraMs = 0): Promise<Record<string, unknown>> {
    const node = await this.#find()
    try {
      const data = await this.#nodes.send(node, api, { groupId: this.#name, ...args }, extraMs)
      if (moved.has(errorType((data.errorCode as number | undefined) ?? 0) ?? '')) this.#coordinator = undefined
      return data
    } catch (error) {
      this.#coordinator = undefined
      throw error
    }
  }

  async #find(): Promise<number> {
    if (this.#coordinator !== undefined) return this.#coordinator
    const request = { groupId: this.#name, coordinatorType: 0 }
    const data = (await this.#nodes.any('GroupCoordinator', request)) as unknown as CoordinatorAnswer
    check(data.errorCode, 'FindCoordinator')
    this.#nodes.learn({ brokers: [data.coordinator] })
    this.#coordinator = data.coordinator.nodeId
    return this.#coordinator
  }
}

const moved: ReadonlySet<string> = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE'])

function check(code: number, what: string): void {
  const error = errorType(code)
  if (error !== undefined) throw failed(error, what)
}

const failed = (type: DriverErrorType, what: string): DriverError => new DriverError(type, `${what}: ${type}`)

const keyOf = ({ topic, partition }: Place): string => `${topic}/${partition}`

const byPartition = (a: PartitionInfo, b: PartitionInfo): number => a.partition - b.partition

function byTopic<Item extends Place, Part>(items: readonly Item[], part: (item: Item) => Part) {
  const grouped = Map.groupBy(items, ({ topic }) => topic)
  return [...grouped].map(([topic, ofTopic]) => ({ topic, partitions: ofTopic.map(part) }))
}

function toFetched(topic: string, data: FetchedPartition, from: ReadonlyMap<string, number>): Fetched {
  const { partition, errorCode, highWatermark, messages, abortedTransactions } = data
  const asked = from.get(keyOf({ topic, partition })) ?? 0
  const last = messages.at(-1)
  // A batch begins where it begins: what lies before the offset asked for comes along.
  const wanted = messages.filter((message) => Number(message.offset) >= asked)
  const records = filterAbortedMessages({ messages: wanted, abortedTransactions: abortedTransactions ?? [] })
    .filter((message) => !message.isControlRecord)
    .map(toRecord)
  return {
    topic,
    partition,
    error: errorType(errorCode),
    highWatermark: Number(highWatermark),
    records,
    next: last === undefined ? asked : Math.max(asked, Number(last.offset) + 1),
  }
}

const toRecord = ({ offset, timestamp, key, value, headers }: RawRecord): FetchedRecord => ({
  offset: Number(offset),
  timestamp: Number(timestamp),
  key,
  value,
  headers,
})

export function decodeAssignment(buffer: Buffer): ReadonlyMap<string, readonly number[]> {
  const decoded = buffer.length === 0 ? null : MemberAssignment.decode(buffer)
  return new Map(Object.entries(decoded?.assignment ?? {}))
}

interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
  readonly controllerId?: number
  readonly topicMetadata: readonly {
    readonly topic: string
    readonly topicErrorCode: number
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[]
  }[]
}

interface Configs {
  readonly resources: readonly {
    readonly errorCode: number
    readonly resourceName: string
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[]
  }[]
}

interface CreatedTopics {
  readonly topicErrors: readonly { readonly topic: string; readonly errorCode: number }[]
}

interface NewProducer {
  readonly errorCode: number
  readonly producerId: string | number
  readonly producerEpoch: number
}

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[]
  }[]
}

interface RawRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: FetchedRecord['headers']
  readonly isControlRecord?: boolean
}

interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly abortedTransactions?: readonly unknown[]
  readonly messages: readonly RawRecord[]
}

interface FetchAnswer {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[]
  }[]
}

interface DeletedRecords {
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[]
  }[]
}

interface JoinAnswer {
  readonly errorCode: number
  readonly generationId: number
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
}

interface CommitAnswer {
  readonly responses: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[]
  }[]
}

interface CommittedAnswer {
  readonly errorCode?: number
  readonly responses: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly errorCode: number
      readonly offset: string
      readonly metadata: string | null
    }[]
  }[]
}

interface CoordinatorAnswer {
  readonly errorCode: number
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number }
}
