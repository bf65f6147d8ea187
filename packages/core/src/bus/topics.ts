import type { AnyEventDefinition } from '../event/definition.ts'
import { TopologyMismatchError } from '../transport/errors.ts'
import type { GroupSpec, Report, TopicSpec } from '../transport/topology.ts'
import type { Transport } from '../transport/transport.ts'

export type TopologyMode = 'ensure' | 'verify' | 'none'

/** The topics that this bus knows, made or checked as the app wants. */
export class Topics {
  readonly #transport: Transport
  readonly #mode: TopologyMode
  readonly #settled = new Set<string>()
  readonly #settling = new Map<string, Promise<void>>()

  constructor(transport: Transport, mode: TopologyMode) {
    this.#transport = transport
    this.#mode = mode
  }

  /** At start: everything declared, groups included. Throws `topology-mismatch`. */
  async declare(definitions: Iterable<AnyEventDefinition>, groups: readonly GroupSpec[]): Promise<void> {
    const topics = topicSpecs(definitions)
    await this.#apply(topics, groups)
    for (const topic of topics) this.#settled.add(topic.name)
  }

  isKnown(topic: string): boolean {
    return this.#settled.has(topic)
  }

  /** Before the first publish of an event that nobody declared. */
  async learn(definition: AnyEventDefinition): Promise<void> {
    const { topic } = definition
    const settling = this.#settling.get(topic) ?? this.#apply(topicSpecs([definition]), [])
    this.#settling.set(topic, settling)
    try {
      await settling
      this.#settled.add(topic)
    } finally {
      this.#settling.delete(topic)
    }
  }

  async #apply(topics: readonly TopicSpec[], groups: readonly GroupSpec[]): Promise<void> {
    if (this.#mode === 'none') return
    const report = await this.#transport.topology[this.#mode]({ topics, groups })
    const fatal = report.mismatches.filter((mismatch) => mismatch.fatal)
    if (fatal.length > 0) throw new TopologyMismatchError(describe(fatal))
  }
}

/** A topic is ordered when one of its events has a key. */
export function topicSpecs(definitions: Iterable<AnyEventDefinition>): TopicSpec[] {
  const ordered = new Map<string, boolean>()
  for (const { topic, keyed } of definitions) ordered.set(topic, keyed || ordered.get(topic) === true)
  return [...ordered].map(([name, isOrdered]) => ({ name, ordered: isOrdered }))
}

function describe(mismatches: Report['mismatches']): string {
  const lines = mismatches.map(
    ({ resource, property, wanted, found }) => `${resource}: ${property} is ${found}, not ${wanted}`,
  )
  return `${lines.join('; ')}.`
}
