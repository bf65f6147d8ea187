import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Capabilities } from '../../transport/capabilities.ts'
import type { Message, Outcome } from '../../transport/message.ts'
import type { GroupSpec, TopicSpec, Topology } from '../../transport/topology.ts'
import { Consumption, type ReaderOptions } from './consumption.ts'
import type { BrokerControl, ConnectOptions, Member, Timing, TransportHarness } from './harness.ts'
import { type MessageOptions, message } from './messages.ts'
import { seededRandom } from './random.ts'

export interface SceneOptions {
  readonly harness: TransportHarness
  readonly capabilities: Capabilities
  /** Begins every name that the scene makes. */
  readonly prefix: string
  readonly seed: number
  /** Messages that stand for a long backlog. */
  readonly backlog: number
  /** Aborts when the clause has had its time. */
  readonly signal: AbortSignal
}

/**
 * The stage of one test: names that nobody else uses, members that are disposed whatever happens, and a record of what
 * arrived for the failure message.
 */
export class Scene {
  readonly capabilities: Capabilities
  readonly broker: BrokerControl
  readonly timing: Timing
  readonly backlog: number
  readonly signal: AbortSignal
  readonly seed: number
  readonly handoverDuplicates: boolean
  readonly sharesByPartition: boolean
  /** Between 0 and 1, from the seed. */
  readonly random: () => number
  readonly #harness: TransportHarness
  readonly #prefix: string
  readonly #members: Member[] = []
  readonly #consumptions: Consumption[] = []
  readonly #topics = new Map<string, TopicSpec>()
  #main: Promise<Member> | undefined
  #names = 0
  #messages = 0

  constructor(options: SceneOptions) {
    this.#harness = options.harness
    this.#prefix = options.prefix
    this.capabilities = options.capabilities
    this.broker = options.harness.broker
    this.timing = options.harness.timing
    this.backlog = options.backlog
    this.signal = options.signal
    this.seed = options.seed
    this.handoverDuplicates = options.harness.handoverDuplicates ?? false
    this.sharesByPartition = options.harness.sharesByPartition ?? false
    this.random = seededRandom(options.seed)
  }

  /** One more independent client of the broker; `isolated` when it will be crashed, paused or weighed. */
  async member(options: ConnectOptions = { isolated: false }): Promise<Member> {
    const member = await this.#harness.connect(options)
    this.#members.push(member)
    return member
  }

  members<Count extends number>(count: Count, options?: ConnectOptions): Promise<Several<Member, Count>> {
    return several(count, () => this.member(options))
  }

  /** The member that publishes and reads where a clause does not care. */
  main(): Promise<Member> {
    this.#main ??= this.member()
    return this.#main
  }

  name(word: string): string {
    this.#names += 1
    return `${this.#prefix}-${word}${this.#names}`
  }

  /** Creates a topic with a name of its own; unordered unless told. */
  async topic(spec: Partial<TopicSpec> = {}): Promise<string> {
    const topic = { ordered: false, ...spec, name: spec.name ?? this.name('topic') }
    this.#topics.set(topic.name, topic)
    await this.#ensure({ topics: [topic], groups: [] })
    return topic.name
  }

  topics<Count extends number>(count: Count, spec: Partial<TopicSpec> = {}): Promise<Several<string, Count>> {
    return several(count, () => this.topic(spec))
  }

  /** Describes a group, without creating it; unordered and from what is available unless told. */
  group(topics: string | readonly string[], spec: Partial<GroupSpec> = {}): GroupSpec {
    const list = typeof topics === 'string' ? [topics] : topics
    return { name: this.name('group'), ordered: false, startAt: 'available', ...spec, topics: list }
  }

  /** The same, and creates it: it gets what is published from now on, before its first member. */
  async declaredGroup(topic: string, spec: Partial<GroupSpec> = {}): Promise<GroupSpec> {
    const group = this.group(topic, spec)
    const { ordered = false } = this.#topics.get(topic) ?? {}
    await this.#ensure({ topics: [{ name: topic, ordered }], groups: [group] })
    return group
  }

  messages(topic: string, count: number, options: MessageOptions = {}): Message[] {
    return Array.from({ length: count }, (_, index) => {
      this.#messages += 1
      return message(topic, `${topic}.${this.#messages}`, index, options)
    })
  }

  /** Publishes and asserts that the broker accepted each. */
  async publish(messages: readonly Message[], on?: Member): Promise<void> {
    for (const [at, outcome] of (await this.offer(messages, on)).entries()) {
      if (outcome.accepted === true) continue
      assert.fail(`${messages[at]?.id} was not accepted (${outcome.accepted}): ${outcome.error}`)
    }
  }

  /** Publishes in calls of the size that the server takes, in order, some of them in flight together. */
  async offer(messages: readonly Message[], on?: Member): Promise<readonly Outcome[]> {
    const { transport } = on ?? (await this.main())
    const outcomes: Outcome[] = []
    for (let window = this.#calls(messages); window.length > 0; window = window.slice(callsInFlight)) {
      const answers = await Promise.all(window.slice(0, callsInFlight).map((call) => transport.publish(call)))
      for (const answer of answers) outcomes.push(...answer)
    }
    assert.equal(outcomes.length, messages.length, 'publish() answers each message')
    return outcomes
  }

  /** Makes every publish call in this turn, 50 messages each where the server takes them. */
  async offerAtOnce(messages: readonly Message[], { transport }: Member): Promise<readonly Outcome[]> {
    const size = Math.min(50, this.capabilities.maxBatch.messages)
    const calls = Array.from({ length: Math.ceil(messages.length / size) }, (_, at) =>
      transport.publish(messages.slice(at * size, (at + 1) * size)),
    )
    return (await Promise.all(calls)).flat()
  }

  /** Starts to consume for a group with one reader. */
  async consume(group: GroupSpec, options: ReaderOptions = {}): Promise<Consumption> {
    const consumption = this.consumption(group)
    await consumption.join(options)
    return consumption
  }

  /** A group's record, without a reader yet. */
  consumption(group: GroupSpec): Consumption {
    const consumption = new Consumption(group, { timing: this.timing, signal: this.signal, main: () => this.main() })
    this.#consumptions.push(consumption)
    return consumption
  }

  /** Asks `reached` every few ms, for what no delivery tells. */
  async until(what: string, reached: () => Promise<boolean>, withinMs: number): Promise<void> {
    const start = performance.now()
    while (!(await reached())) {
      const waitedMs = Math.round(performance.now() - start)
      if (waitedMs > withinMs || this.signal.aborted) assert.fail(`waited ${waitedMs} ms for ${what}`)
      await delay(20)
    }
  }

  /** For failures: how to replay the run, and what did arrive. */
  describe(): string {
    return [`seed ${this.seed}`, ...this.#consumptions.map((consumption) => consumption.describe())].join('\n')
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.dispose()))
  }

  async #ensure(topology: Topology): Promise<void> {
    const { transport } = await this.main()
    const report = await transport.topology.ensure(topology)
    assert.deepEqual(report.mismatches, [], 'ensure() of what is new finds nothing that differs')
  }

  #calls(messages: readonly Message[]): Message[][] {
    const { maxBatch } = this.capabilities
    const calls: Message[][] = []
    let bytes = 0
    for (const message of messages) {
      const size = (message.body?.byteLength ?? 0) + headerAllowance
      const last = calls.at(-1)
      if (last !== undefined && last.length < maxBatch.messages && bytes + size <= maxBatch.bytes) {
        last.push(message)
        bytes += size
      } else {
        calls.push([message])
        bytes = size
      }
    }
    return calls
  }
}

/** Typed so that the first few can be taken out by name. */
type Several<Item, Count extends number> = Count extends 2
  ? [Item, Item]
  : Count extends 3
    ? [Item, Item, Item]
    : Item[]

async function several<Item, Count extends number>(
  count: Count,
  make: () => Promise<Item>,
): Promise<Several<Item, Count>> {
  return (await Promise.all(Array.from({ length: count }, make))) as Several<Item, Count>
}

const callsInFlight = 8
/** Generous: a call that exceeds `maxBatch.bytes` by its headers would be the suite's fault. */
const headerAllowance = 1_024
