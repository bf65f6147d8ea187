import { setTimeout as delay } from 'node:timers/promises'
import { type Server, startKafka } from '@eventspine/brokers'
import { check, type Sighting, type Verdict } from '@eventspine/core/testing'
import type { Message } from '@eventspine/core/transport'
import { type KafkaTransport, kafkaTransport } from '@eventspine/kafka'
import { KafkaAdmin } from '../kafka-admin.ts'
import { Crew, type Plan } from './crew.ts'

export interface StageOptions extends Partial<Plan> {
  readonly partitions: number
  readonly keys: number
}

/** A server of its own, one ordered topic, one group, and a publisher that keeps a ledger. */
export class Stage implements AsyncDisposable {
  readonly server: Server
  readonly broker: string
  readonly admin: KafkaAdmin
  readonly transport: KafkaTransport
  readonly crew: Crew
  readonly plan: Plan
  readonly published: Sighting[] = []
  readonly #keys: number

  private constructor(server: Server, transport: KafkaTransport, plan: Plan, keys: number) {
    this.server = server
    this.broker = plan.broker
    this.admin = new KafkaAdmin(plan.broker)
    this.transport = transport
    this.plan = plan
    this.crew = new Crew(plan)
    this.#keys = keys
  }

  static async open({ partitions, keys, ...options }: StageOptions): Promise<Stage> {
    const server = await startKafka({ own: true, config: { 'group.min.session.timeout.ms': '500' } })
    const broker = new URL(server.url).host
    const plan = {
      topic: 'facts',
      group: 'crew',
      leaseMs: 3_000,
      leastMs: 0,
      mostMs: 0,
      concurrency: 64,
      ...options,
      broker,
    }
    const transport = kafkaTransport({ brokers: [broker], partitions, requestTimeoutMs: 5_000 })
    await transport.connect()
    const group = { name: plan.group, topics: [plan.topic], ordered: true, startAt: 'available' } as const
    await transport.topology.ensure({ topics: [{ name: plan.topic, ordered: true, partitions }], groups: [group] })
    return new Stage(server, transport, plan, keys)
  }

  /** So many events over the keys, at this pace at most; the ledger has what was accepted. */
  async publish(count: number, perSecond = 20_000): Promise<void> {
    const start = performance.now()
    const together = 200
    for (let sent = 0; sent < count; sent += together) {
      const messages = Array.from({ length: Math.min(together, count - sent) }, () => this.#next())
      await this.transport.publish(messages)
      const aheadMs = (sent / perSecond) * 1_000 - (performance.now() - start)
      if (aheadMs > 0) await delay(aheadMs)
    }
  }

  #next(): Message {
    const n = this.published.length
    const { topic } = this.plan
    const id = `${topic}-${n}`
    const key = `key-${n % this.#keys}`
    this.published.push({ id, key, topic })
    const headers = new Map([
      ['ce_specversion', '1.0'],
      ['ce_id', id],
      ['ce_source', '/chaos'],
      ['ce_type', topic],
      ['content-type', 'application/json'],
    ])
    return { topic, id, source: '/chaos', key, headers, body: Buffer.from(JSON.stringify({ key, n })) }
  }

  /** Until every published event is handled; false when the time is up. */
  async settles(withinMs: number): Promise<boolean> {
    const start = performance.now()
    while (performance.now() - start < withinMs) {
      if (new Set(this.crew.handled.map(({ id }) => id)).size >= this.published.length) return true
      await delay(200)
    }
    return false
  }

  get verdict(): Verdict {
    return check(this.published, this.crew.handled)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crew[Symbol.asyncDispose]()
    await this.transport.close()
    await this.server.stop()
  }
}
