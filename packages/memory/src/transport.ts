import {
  type Capabilities,
  ConnectionFailedError,
  checkName,
  type DeadLetters,
  type Health,
  type Incident,
  type Message,
  type Outcome,
  type Plan,
  type Report,
  type SubscribeOptions,
  type Subscription,
  type Topology,
  type Transport,
} from '@eventspine/core/transport'
import { Broker, type Connection } from './broker/broker.ts'
import { Member } from './broker/member.ts'
import { MemoryDeadLetters } from './dead-letters.ts'
import { createFaults, type Faults, type Struck } from './faults.ts'
import { Link } from './link.ts'
import { brokerBehind, createMemoryBroker, type MemoryBroker } from './memory-broker.ts'
import { type MemoryTransportOptions, nameIn } from './options.ts'
import { Publisher } from './publisher.ts'
import { MemorySubscription } from './subscription.ts'
import { ensureTopology, planTopology, verifyTopology } from './topology.ts'
import { createWatch, type Watch } from './watch.ts'

const keptIncidents = 20

export class MemoryTransport implements Transport {
  readonly name = 'memory'
  readonly topology: Transport['topology']
  /** What a test may let go wrong. */
  readonly faults: Faults
  /** What a test may wait for. */
  readonly watch: Watch
  readonly #broker: Broker
  readonly #link: Link
  readonly #publisher: Publisher
  readonly #connection: Connection = {
    interrupted: () => this.#incident('disconnected', 'the broker went away'),
    restored: () => {
      this.#incident('reconnected', 'the broker is back')
      for (const member of this.#members) member.recreate()
    },
  }
  readonly #subscriptions = new Set<MemorySubscription>()
  readonly #incidents: Incident[] = []

  constructor(options: MemoryTransportOptions) {
    this.#broker = options.broker === undefined ? new Broker(options) : brokerBehind(options.broker)
    this.#link = new Link(this.#broker)
    this.#publisher = new Publisher(this.#link)
    this.topology = this.#topology()
    this.faults = createFaults(this.#broker, this.#struck())
    this.watch = createWatch(this.#broker)
  }

  get broker(): MemoryBroker {
    return this.#broker
  }

  async connect(signal?: AbortSignal): Promise<Capabilities> {
    signal?.throwIfAborted()
    if (!this.#link.passes) throw new ConnectionFailedError('The memory broker is down')
    this.#link.open()
    this.#broker.connect(this.#connection)
    return this.#broker.capabilities
  }

  publish(messages: readonly Message[], options?: { signal?: AbortSignal }): Promise<readonly Outcome[]> {
    return this.#publisher.publish(messages, options?.signal)
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { group, signal } = options
    await this.#link.reached(signal)
    signal?.throwIfAborted()
    const fault = checkName('group', group.name)
    if (fault !== undefined) throw fault
    const host = { broker: this.#broker, incident: this.#incident }
    const member = new Member(options, this.#broker.groupFor(group), host)
    const subscription = new MemorySubscription(this.#link, member, options, () => {
      this.#subscriptions.delete(subscription)
    })
    this.#subscriptions.add(subscription)
    return subscription
  }

  deadLetters(group: string): DeadLetters {
    return new MemoryDeadLetters(this.#link, group)
  }

  async probe(): Promise<Health> {
    const incidents = [...this.#incidents]
    if (this.#link.state !== 'open')
      return { status: 'down', detail: `the transport is ${this.#link.state}`, incidents }
    if (!this.#broker.up) return { status: 'down', detail: 'the broker is down', incidents }
    if (!this.#link.passes) return { status: 'down', detail: 'the broker does not answer', incidents }
    return { status: 'up', incidents }
  }

  async close(): Promise<void> {
    if (this.#link.state !== 'open' && this.#link.state !== 'crashed') return
    this.#link.close()
    if (!this.#link.passes) this.#link.cut()
    await this.#publisher.flush()
    for (const subscription of [...this.#subscriptions]) await subscription.close()
    this.#broker.disconnect(this.#connection)
  }

  #incident = (kind: Incident['kind'], detail: string): void => {
    this.#incidents.push({ at: this.#broker.clock.now(), kind, detail })
    if (this.#incidents.length > keptIncidents) this.#incidents.shift()
  }

  get #members(): readonly Member[] {
    return [...this.#subscriptions].map(({ member }) => member)
  }

  #struck(): Struck {
    return {
      loseLeases: (group) => {
        for (const member of this.#members) if (group === undefined || group === member.spec.name) member.loseClaims()
      },
      crash: () => {
        this.#link.crash()
        for (const member of this.#members) member.crash()
      },
      freeze: () => {
        this.#link.gate.close()
        for (const member of this.#members) member.freeze()
      },
      thaw: () => {
        this.#link.gate.open()
        for (const member of this.#members) member.thaw()
      },
      reset: () => this.#reset(),
      dropAnswers: (loses) => {
        this.#link.losesAnswer = () => {
          const lost = loses()
          if (lost) this.#reset()
          return lost
        }
      },
    }
  }

  #reset(): void {
    this.#incident('disconnected', 'the connection was lost')
    for (const member of this.#members) member.loseClaims()
    this.#incident('reconnected', 'the connection was made anew')
  }

  #topology(): Transport['topology'] {
    return {
      ensure: async (topology: Topology): Promise<Report> => {
        await this.#link.reached()
        return ensureTopology(this.#broker, topology)
      },
      verify: async (topology: Topology): Promise<Report> => {
        await this.#link.reached()
        return verifyTopology(this.#broker, topology)
      },
      plan: (topology: Topology): Plan => planTopology(this.#broker, topology),
    }
  }
}

/** A transport without a server: what it publishes stays in this process, in its broker. */
export function memoryTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  return new MemoryTransport(options)
}

const sharedBrokers = new Map<string, MemoryBroker>()

/** `memory:` and `memory:name`: the same URL is the same broker, for as long as the process lives, as with a real one. */
export function transportFromUrl(url: string): MemoryTransport {
  const name = nameIn(url)
  const broker = sharedBrokers.get(name) ?? createMemoryBroker()
  sharedBrokers.set(name, broker)
  return memoryTransport({ broker })
}
