/**
 * What this adapter needs of a Kafka client: one function per request of Kafka's protocol, no policy. Everything that
 * decides (who owns what, what is sent again, what is committed) stands above it, so another client can stand below.
 *
 * Every method rejects with a `DriverError` only; errors of single partitions are in the answers, by their protocol name.
 */
export interface Driver {
  /** A connection to the cluster of its own: nothing that waits on another one holds it up. */
  open(): Cluster
}

export interface Cluster {
  /** Reaches one of the brokers; rejects when none answers. */
  connect(): Promise<void>
  /** Topics that don't exist are not in the answer; none is ever created by asking. */
  metadata(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionInfo[]>>
  brokerConfig(names: readonly string[]): Promise<ReadonlyMap<string, string>>
  topicConfigs(topics: readonly string[], names: readonly string[]): Promise<ReadonlyMap<string, TopicConfig>>
  /** Answers by topic: the protocol's name of what went wrong, or undefined. */
  createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, DriverErrorType | undefined>>
  initProducer(): Promise<ProducerIdentity>
  /** Acks all. One record batch per partition, sent to `node`, which must lead them all. */
  produce(node: number, batches: readonly ProduceBatch[], producer?: ProducerIdentity): Promise<readonly Produced[]>
  fetch(node: number, request: FetchRequest): Promise<readonly Fetched[]>
  /** The log's bounds, of every partition asked for; rejects when one can't be told. */
  listOffsets(places: readonly Place[], which: 'earliest' | 'latest'): Promise<readonly PlacedOffset[]>
  deleteRecords(place: Place, before: number): Promise<void>
  group(name: string): GroupCalls
  /** Forgets the connection to a node: its answers can't be trusted to come. */
  drop(node: number): void
  close(): void
}

/** Requests to the coordinator of one group; they find it, and find it anew when it has moved. */
export interface GroupCalls {
  join(request: JoinRequest): Promise<Joined>
  sync(request: SyncRequest): Promise<Buffer>
  heartbeat(member: Membership): Promise<void>
  leave(memberId: string): Promise<void>
  /** `member` undefined: from outside, which the coordinator takes only while the group has no members. */
  commit(member: Membership | undefined, offsets: readonly CommittedOffset[]): Promise<readonly CommitResult[]>
  /** Partitions without a committed offset are not in the answer. */
  committed(places: readonly Place[]): Promise<readonly CommittedOffset[]>
}

export interface Place {
  readonly topic: string
  readonly partition: number
}

export interface PlacedOffset extends Place {
  readonly offset: number
}

export interface CommittedOffset extends PlacedOffset {
  readonly metadata: string
}

export interface CommitResult extends Place {
  readonly error: DriverErrorType | undefined
}

export interface PartitionInfo {
  readonly partition: number
  /** -1 while it has none. */
  readonly leader: number
}

export type TopicConfig = ReadonlyMap<string, string>

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** -1: as the broker is configured. */
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

export interface ProducerIdentity {
  readonly id: string
  readonly epoch: number
}

/** A record as it is sent. */
export interface NewRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface ProduceBatch extends Place {
  readonly records: readonly NewRecord[]
  /** Of the first record, where there is a `ProducerIdentity`. */
  readonly sequence: number
}

export interface Produced extends Place {
  readonly error: DriverErrorType | undefined
}

export interface FetchRequest {
  readonly places: readonly FetchPlace[]
  /** How long the broker may wait for `minBytes`. */
  readonly maxWaitMs: number
  readonly maxBytes: number
}

export interface FetchPlace extends PlacedOffset {
  readonly maxBytes: number
}

/** A record as it was read. */
export interface FetchedRecord {
  readonly offset: number
  /** Epoch milliseconds: the producer's clock or, where the topic says so, the broker's. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[]>>
}

export interface Fetched extends Place {
  readonly error: DriverErrorType | undefined
  readonly highWatermark: number
  readonly records: readonly FetchedRecord[]
  /** Where to read on: behind what is no record to anybody too (control records, aborted transactions). */
  readonly next: number
}

export interface Membership {
  readonly memberId: string
  readonly generation: number
}

export interface JoinRequest {
  /** Empty the first time. */
  readonly memberId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocol: string
  readonly topics: readonly string[]
  readonly userData: Buffer
}

export interface Joined extends Membership {
  /** Of everybody, when this member is the one who assigns; else empty. */
  readonly members: readonly JoinedMember[]
}

export interface JoinedMember {
  readonly memberId: string
  readonly topics: readonly string[]
  readonly userData: Buffer
}

export interface SyncRequest extends Membership {
  /** By member; empty unless this member assigns. */
  readonly assignments: ReadonlyMap<string, Assignment>
}

export type Assignment = ReadonlyMap<string, readonly number[]>

/** A name from Kafka's protocol (`UNKNOWN_MEMBER_ID`), or one of ours for what happens on the way. */
export type DriverErrorType = string

/** The answer never came: what was asked for may or may not have been done. */
export const connectionLost = 'CONNECTION_LOST'
/** No connection could be made: nothing was asked. */
export const notConnected = 'NOT_CONNECTED'
/** The broker wants other credentials, or TLS, or speaks no version that we do. */
export const notAllowed = 'NOT_ALLOWED'

export class DriverError extends Error {
  readonly type: DriverErrorType
  /** In `join`: the id to come back with. */
  readonly memberId: string | undefined

  constructor(type: DriverErrorType, message: string, memberId?: string) {
    super(message)
    this.name = 'DriverError'
    this.type = type
    this.memberId = memberId
  }
}

export const typeOf = (error: unknown): DriverErrorType => (error instanceof DriverError ? error.type : 'UNEXPECTED')
