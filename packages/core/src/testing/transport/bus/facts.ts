import type { StandardSchemaV1 } from '@standard-schema/spec'
import { defineEvent } from '../../../event/define-event.ts'
import type { EventDefinition } from '../../../event/definition.ts'
import { type AnyDraft, draft } from '../../../event/draft.ts'

/** The data of every event of the suite; `n` counts from 0 over all keys of a publisher. */
export interface Fact {
  readonly key: string
  readonly n: number
  readonly text?: string
}

export type FactEvent = EventDefinition<string, Fact, Fact>

export interface FactOptions {
  /** Of its own by default. */
  readonly topic?: string
  /** True by default: its topic is then ordered. */
  readonly keyed?: boolean
}

/** By hand: the published suite depends on no schema library. */
const schema: StandardSchemaV1<Fact, Fact> = {
  '~standard': {
    version: 1,
    vendor: 'eventspine-suite',
    validate: (value) => (isFact(value) ? { value } : { issues: [{ message: 'not a fact' }] }),
  },
}

function isFact(value: unknown): value is Fact {
  if (typeof value !== 'object' || value === null) return false
  const { key, n } = value as Partial<Fact>
  return typeof key === 'string' && Number.isInteger(n)
}

export function defineFact(type: string, { topic = type, keyed = true }: FactOptions = {}): FactEvent {
  return defineEvent(type, keyed ? { schema, topic, key: (fact) => fact.key } : { schema, topic })
}

/** So many, their keys dealt in turn. */
export function facts(event: FactEvent, count: number, { keys = 1, from = 0 } = {}): AnyDraft[] {
  return Array.from({ length: count }, (_, index) => {
    const n = from + index
    return draft(event, { key: `key-${n % keys}`, n })
  })
}
