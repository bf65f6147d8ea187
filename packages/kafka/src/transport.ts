import {
  type Capabilities,
  checkName,
  type DeadLetters,
  type Health,
  type Message,
  type Outcome,
  type Plan,
  type Report,
  type SubscribeOptions,
  type Subscription,
  type Topology,
  TopologyMismatchError,
  type Transport,
  TransportClosedError,
  UnknownTopicError,
} from '@eventspine/core/transport'
import { toCapabilities } from './capabilities.ts'
import { KafkaDeadLetters } from './dead-letters.ts'
import { laterGroup, laterPrefix, retryPrefix } from './delays.ts'
import { typeOf } from './driver/driver.ts'
import { kafkajsDriver } from './driver/kafkajs-driver.ts'
import { toTransportError } from './errors.ts'
import { Forwarder } from './forwarder.ts'
import { Incidents } from './incidents.ts'
import { type KafkaTransportOptions, optionsFromUrl, type Settings, toSettings } from './options.ts'
import { Session } from './session.ts'
import { KafkaSubscription } from './subscription.ts'
import { ensureTopology, planTopology, verifyTopology } from './topology.ts'

/** One that dies delays the publishes that it had in hand by this. */
const forwarderLeaseMs = 10_000

export class KafkaTransport implements Transport {
  readonly name = 'kafka'
  readonly topology: Transport['topology']
  readonly #settings: Settings
  readonly #incidents: Incidents
  readonly #subscriptions = new Set<KafkaSubscription>()
  #session: Session | undefined
  #forwarder: Promise<Forwarder> | undefined
  #isClosed = false

  constructor(options: KafkaTransportOptions) {
    this.#settings = toSettings(options)
    this.#incidents = new Incidents(this.#settings.logger)
    this.topology = this.#topology()
  }

  async connect(signal?: AbortSignal): Promise<Capabilities> {
    signal?.throwIfAborted()
    const { connectTimeoutMs, requestTimeoutMs, clientId, tls, sasl, route, seeds } = this.#settings
    const driver = kafkajsDriver(seeds, { connectTimeoutMs, requestTimeoutMs, clientId, tls, sasl, route })
    try {
      const session = await Session.open(driver, this.#settings, this.#incidents, (topic) => this.#isNew(topic), signal)
      this.#isClosed = false
      this.#session = session
      return toCapabilities(session.limits)
    } catch (error) {
      throw toTransportError(error, 'Connecting to Kafka')
    }
  }

  async publish(messages: readonly Message[], options?: { signal?: AbortSignal }): Promise<readonly Outcome[]> {
    const { publisher } = this.#open()
    try {
      return await publisher.publish(messages, options?.signal)
    } catch (error) {
      throw options?.signal?.aborted ? error : toTransportError(error, 'Publishing')
    }
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const session = this.#open()
    const { group, signal } = options
    signal?.throwIfAborted()
    const fault = checkName('group', group.name)
    if (fault !== undefined) throw fault
    try {
      await this.#checkTopics(session, options)
      const ends = await session.positions.ensure(group)
      const subscription = await this.#read(session, { ...options, ends, delayPrefix: retryPrefix(group.name) })
      this.#forwarder ??= this.#forward(session, Math.min(options.leaseMs, forwarderLeaseMs))
      return subscription
    } catch (error) {
      throw isOurs(error) ? error : toTransportError(error, `Group ${group.name}`)
    }
  }

  async #checkTopics({ catalog, registry }: Session, { group }: SubscribeOptions): Promise<void> {
    const known = await catalog.refresh(group.topics)
    const missing = group.topics.find((topic) => !known.has(topic))
    if (missing !== undefined) throw new UnknownTopicError(`The broker has no topic ${missing}`)
    if (!group.ordered) return
    const ordered = await registry.read()
    const unordered = group.topics.find((topic) => ordered.get(topic) === false)
    if (unordered === undefined) return
    throw new TopologyMismatchError(`Group ${group.name} is ordered and topic ${unordered} was created unordered`)
  }

  async #read(
    session: Session,
    options: SubscribeOptions & { readonly ends: ReadonlyMap<string, number>; readonly delayPrefix: string },
  ): Promise<KafkaSubscription> {
    const { group } = options
    const subscription = new KafkaSubscription(
      {
        cluster: session.driver.open(),
        shared: session.shared,
        catalog: session.catalog,
        incidents: this.#incidents,
        metadataBytes: session.limits.metadataBytes,
        metadataMaxAgeMs: this.#settings.metadataMaxAgeMs,
        closeWithinMs: Math.min(5_000, this.#settings.requestTimeoutMs),
        retry: (message, { delayMs, attempt, hop }) =>
          group.name === laterGroup
            ? session.laterAgain(message, delayMs)
            : session.copies.retry(group.name, message, { delayMs, attempt, hop }),
        deadLetter: (message, failure, hop) => session.copies.deadLetter(group.name, message, failure, hop),
        closed: (closed) => this.#subscriptions.delete(closed),
      },
      options,
      await session.delayTopicsThere(options.delayPrefix),
    )
    await subscription.connect()
    this.#subscriptions.add(subscription)
    subscription.start()
    return subscription
  }

  /** Delayed publishes are everybody's: whoever reads forwards them. */
  async #forward(session: Session, leaseMs: number): Promise<Forwarder> {
    const subscription = await this.#read(session, {
      group: { name: laterGroup, topics: [], ordered: false, startAt: 'earliest' },
      prefetch: 500,
      prefetchBytes: 4_194_304,
      leaseMs,
      ends: new Map(),
      delayPrefix: laterPrefix,
    })
    return new Forwarder(subscription, session.sender, session.catalog)
  }

  deadLetters(group: string): DeadLetters {
    const transport = this
    return new KafkaDeadLetters(
      {
        get cluster() {
          return transport.#open().shared
        },
        get catalog() {
          return transport.#open().catalog
        },
        get sender() {
          return transport.#open().sender
        },
        get copies() {
          return transport.#open().copies
        },
        check: () => void this.#open(),
      },
      group,
    )
  }

  async probe(): Promise<Health> {
    const incidents = this.#incidents.list
    if (this.#session === undefined || this.#isClosed) {
      return { status: 'down', detail: 'the transport is not connected', incidents }
    }
    const failed = [...this.#subscriptions].find(({ failure }) => failure !== undefined)
    if (failed !== undefined) {
      return { status: 'down', detail: `group ${failed.group.name}: ${failed.failure?.message}`, incidents }
    }
    const answers = await this.#session.answers()
    if (!answers) return { status: 'down', detail: 'no broker answers', incidents }
    if (this.#incidents.isTroubled) return { status: 'degraded', detail: 'a connection is being mended', incidents }
    return { status: 'up', incidents: this.#incidents.list }
  }

  async close(): Promise<void> {
    const session = this.#session
    if (session === undefined || this.#isClosed) return
    this.#isClosed = true
    const forwarder = await this.#forwarder?.catch(() => undefined)
    await session.flush()
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()))
    await forwarder?.close()
    this.#forwarder = undefined
    await session.close()
  }

  #open(): Session {
    if (this.#session !== undefined && !this.#isClosed) return this.#session
    const state = this.#session === undefined ? 'not connected yet' : 'closed'
    throw new TransportClosedError(`The transport is ${state}`)
  }

  /** One of the topics of a group's own has just been made: its members here need not wait for their next look. */
  #isNew(topic: string): void {
    for (const subscription of this.#subscriptions) {
      if (topic.startsWith(retryPrefix(subscription.group.name))) void subscription.refresh().catch(() => {})
    }
  }

  #topology(): Transport['topology'] {
    const run = async (work: (session: Session) => Promise<Report>): Promise<Report> => {
      const session = this.#open()
      try {
        return await work(session)
      } catch (error) {
        throw isOurs(error) ? error : toTransportError(error, 'Topology')
      }
    }
    return {
      ensure: (topology: Topology): Promise<Report> => run((session) => ensureTopology(session.topologyHost, topology)),
      verify: (topology: Topology): Promise<Report> => run((session) => verifyTopology(session.topologyHost, topology)),
      plan: (topology: Topology): Plan => planTopology(topology, this.#settings.partitions),
    }
  }
}

const isOurs = (error: unknown): boolean => typeOf(error) === 'UNEXPECTED'

/** Kafka 2.1 and later, tested on 4.1. */
export function kafkaTransport(options: KafkaTransportOptions): KafkaTransport {
  return new KafkaTransport(options)
}

/** `kafka://[user:password@]host:port[,host:port][?option=value]`: see the options that a URL may hold. */
export function transportFromUrl(url: string): KafkaTransport {
  return kafkaTransport(optionsFromUrl(url))
}
