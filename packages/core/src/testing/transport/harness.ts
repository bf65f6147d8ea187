import type { Capabilities } from '../../transport/capabilities.ts'
import type { Transport } from '../../transport/transport.ts'

/**
 * One broker under test, and what can befall it. An adapter's author writes this once; the suite chooses the clauses by the
 * capabilities that `connect()` reports. Nothing here is optional but `close`: a fault that can't be provoked is a clause
 * that can't be shown.
 */
export interface TransportHarness {
  /** For titles: "kafka 4.1", "memory like sqs". */
  readonly name: string
  readonly timing: Timing
  readonly broker: BrokerControl
  /**
   * A planned handover of partitions may deliver again what was settled and not yet committed (Kafka's rebalance). Then C48
   * allows duplicates, still no inversion. False by default.
   */
  readonly handoverDuplicates?: boolean
  /**
   * Members of an unordered group share by partitions too (Kafka): what lies in a busy member's partitions waits for it. Then C37
   * expects the peers to handle theirs meanwhile. False by default: they share by competing.
   */
  readonly sharesByPartition?: boolean
  /** A new, independent client of the same broker, its transport connected. */
  connect(options: ConnectOptions): Promise<Member>
  close?(): Promise<void>
}

export interface ConnectOptions {
  /**
   * The clause will crash, pause or weigh this member: it needs a process of its own (`spawnMember`). The others may live in
   * this process (`localMember`), which is faster.
   */
  readonly isolated: boolean
}

/** What is long and what is short on this broker. Milliseconds. */
export interface Timing {
  /** The shortest `leaseMs` that subscriptions of this broker keep; the fault clauses wait multiples of it. */
  readonly leaseMs: number
  /** The clauses that lose a connection expect it to be noticed within two of these. */
  readonly heartbeatMs: number
  /** Silence for this long counts as "nothing more comes". */
  readonly quietMs: number
  /** The longest that something which must come may take, the lease apart. */
  readonly patienceMs: number
}

/** One process of an application, as far as the broker can tell. */
export interface Member {
  readonly transport: Transport
  readonly capabilities: Capabilities
  readonly network: Network
  /** As `kill -9`: no goodbye to the broker. Iterators of the member end, its pending calls reject. */
  crash(): Promise<void>
  /** As SIGSTOP: nothing of the member runs, its sockets stay open. */
  pause(): Promise<void>
  /** As SIGCONT. */
  resume(): Promise<void>
  /** Memory that the member holds, after a collection where one can be asked for. */
  memoryBytes(): Promise<number>
  /** Closes the transport and lets everything go. Also after a crash or a pause, and twice. */
  dispose(): Promise<void>
}

/** The way between one member and the broker. `FaultProxy` is one for TCP. */
export interface Network {
  /** Resets every connection; new ones pass. */
  reset(): void
  /** Bytes vanish both ways, no socket closes. `existingOnly`: new connections pass (a half-open socket). Until `heal()`. */
  blackHole(options?: { existingOnly?: boolean }): void
  /** Requests reach the broker, and this share of its answers is lost, with the connection that carried it. */
  dropResponses(options: { ratio: number; seed: number }): void
  heal(): void
}

/** The server, behind its members' backs. */
export interface BrokerControl {
  /** Stops it as `kill -9` does and starts it on the same data; resolves when it takes connections. */
  restart(): Promise<void>
  /** Deletes what the broker keeps for the group (queues, stream groups, committed positions), its dead letters apart. */
  revoke(group: string): Promise<void>
  /** Writes to the group's dead letters fail until `mendDeadLetters`. */
  breakDeadLetters(group: string): Promise<void>
  mendDeadLetters(group: string): Promise<void>
}
