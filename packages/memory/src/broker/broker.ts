import {
  type Capabilities,
  type Clock,
  type GroupSpec,
  systemClock,
  TopologyMismatchError,
  UnknownTopicError,
  UnsupportedError,
} from '@eventspine/core/transport'
import { capabilitiesOf } from '../capabilities.ts'
import { Arena } from '../mapper.ts'
import { defaultPartitions, defaultRetention, type MemoryBrokerOptions } from '../options.ts'
import type { Cursor } from './cursor.ts'
import { DelayQueue } from './delay-queue.ts'
import { FaultPlan } from './fault-plan.ts'
import { Gate } from './gate.ts'
import { Group } from './group.ts'
import { Letters } from './letters.ts'
import type { Retention } from './log.ts'
import { type Entry, type Stored, unpool } from './stored.ts'
import { Topic } from './topic.ts'

/** The part of a client that the broker talks to. */
export interface Connection {
  /** The broker went away (everything held is lost) or came back. */
  interrupted(): void
  restored(): void
}

/** The server: topics, groups and dead letters. It outlives its clients, and nothing of a client outlives it here. */
export class Broker {
  readonly clock: Clock
  readonly capabilities: Capabilities
  readonly partitions: number
  readonly topics = new Map<string, Topic>()
  readonly groups = new Map<string, Group>()
  readonly connections = new Set<Connection>()
  readonly queue: DelayQueue
  readonly faults = new FaultPlan()
  readonly gate = new Gate()
  /** Called after every change that a waiting test may wait for. */
  readonly watchers = new Set<() => void>()
  /** Delayed publishes that are not due. */
  readonly scheduled = new Set<Stored>()
  seq = 0
  readonly arena = new Arena()
  readonly #outArena = new Arena()
  readonly #retention: Retention
  readonly #letters = new Map<string, Letters>()

  constructor(options: MemoryBrokerOptions) {
    this.clock = options.clock ?? systemClock
    this.partitions = options.partitions ?? defaultPartitions
    this.capabilities = capabilitiesOf(options.like, options.maxMessageBytes)
    this.#retention = { ...defaultRetention, ...options.retain }
    this.queue = new DelayQueue(this.clock)
  }

  get up(): boolean {
    return !this.gate.closed
  }

  connect(connection: Connection): void {
    this.connections.add(connection)
    this.queue.resume()
  }

  disconnect(connection: Connection): void {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.queue.suspend()
  }

  addTopic(name: string, options: { ordered: boolean; partitions: number }): Topic {
    const topic = new Topic(name, { ...options, retention: this.#retention })
    this.topics.set(name, topic)
    return topic
  }

  /** The group with every topic of `spec`, made where it is missing. What it knows keeps its position. */
  groupFor(spec: GroupSpec): Group {
    const topics = spec.topics.map((name) => this.#topicOf(name, spec))
    if (spec.startAt === 'earliest' && !this.capabilities.history && !this.groups.has(spec.name)) {
      throw new UnsupportedError(`Group ${spec.name} can't start at the earliest: this broker keeps no history`)
    }
    let group = this.groups.get(spec.name)
    if (group === undefined) {
      group = new Group(spec, { history: this.capabilities.history, arena: this.#outArena })
      this.groups.set(spec.name, group)
    } else if (group.ordered !== spec.ordered) {
      throw new TopologyMismatchError(
        `Group ${spec.name} ${group.ordered ? 'keeps' : 'does not keep'} the order of a key, and can't be changed`,
      )
    }
    for (const topic of topics) group.addTopic(topic, spec.startAt)
    return group
  }

  #topicOf(name: string, group: GroupSpec): Topic {
    const topic = this.topics.get(name)
    if (topic === undefined) throw new UnknownTopicError(`No topic ${name}, which group ${group.name} wants`)
    if (group.ordered && !topic.ordered) {
      throw new TopologyMismatchError(`Group ${group.name} keeps the order of a key, topic ${name} doesn't`)
    }
    return topic
  }

  lettersOf(group: string): Letters {
    const known = this.#letters.get(group)
    if (known !== undefined) return known
    const letters = new Letters(this.#outArena)
    this.#letters.set(group, letters)
    return letters
  }

  /** Appends a message when it is due; `seq` was given when it was accepted. */
  schedule(topic: Topic, stored: Stored, dueAt: number): void {
    this.scheduled.add(unpool(stored))
    this.queue.at(dueAt, () => {
      this.scheduled.delete(stored)
      topic.append(stored)
      topic.wake()
      this.changed()
    })
  }

  retryLater(group: Group, cursor: Cursor, entry: Entry, delayMs: number): void {
    const waitMs = Math.max(delayMs, this.capabilities.retryDelay.minMs)
    if (!(waitMs > 0)) return cursor.putBack([entry])
    group.delayed.add(unpool(entry.stored))
    this.queue.at(this.clock.now() + waitMs, () => {
      group.delayed.delete(entry.stored)
      if (group.gone) return
      cursor.putBack([entry])
      group.wake()
      this.changed()
    })
  }

  /** Connections drop, what is on its way to a handler is given back, everything kept is kept. */
  goDown(): void {
    if (!this.up) return
    this.gate.close()
    for (const group of this.groups.values()) for (const member of [...group.members]) member.loseClaims()
    for (const connection of this.connections) connection.interrupted()
  }

  comeBack(): void {
    if (this.up) return
    this.gate.open()
    for (const connection of this.connections) connection.restored()
    for (const group of this.groups.values()) group.wake()
  }

  /** Deletes a group under its members, who then make it anew; dead letters stay. */
  revoke(name: string): void {
    const group = this.groups.get(name)
    if (group === undefined) return
    this.groups.delete(name)
    group.delete()
    const members = [...group.members]
    for (const member of members) member.detach()
    queueMicrotask(() => {
      for (const member of members) member.recreate()
    })
    this.changed()
  }

  changed(): void {
    if (this.watchers.size > 0) for (const watcher of [...this.watchers]) watcher()
  }
}
