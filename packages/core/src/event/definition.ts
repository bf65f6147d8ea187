import type { StandardSchemaV1 } from '@standard-schema/spec'

/**
 * What `defineEvent` returns: plain data, shared by publisher and consumers. `Input` is what publish takes and what
 * travels; `Output` is what a handler gets.
 */
export interface EventDefinition<Type extends string = string, Input = unknown, Output = Input> {
  readonly type: Type
  readonly schema: StandardSchemaV1<Input, Output>
  /** Events that must keep order among each other share a topic: order never spans topics. Default: `type`. */
  readonly topic: string
  /** Counts up from 1 with each change of the schema that old consumers could not read. */
  readonly version: number
  readonly upcast: Upcasters | undefined
  /** True when events of this definition have a key: its topic is then ordered by default. */
  readonly keyed: boolean
  /** The key of this data; undefined when there is none. */
  keyOf(data: Input): string | undefined
}

export interface EventOptions<Schema extends StandardSchemaV1> {
  /** Any Standard Schema: zod, valibot, arktype, … */
  readonly schema: Schema
  /** One key for everything: broker partition, lane, outbox partition, dead letters. */
  readonly key?: (data: StandardSchemaV1.InferInput<Schema>) => string | undefined
  readonly topic?: string
  readonly version?: number
  /** `{ 1: (v1) => v2, 2: (v2) => v3 }`: from each older version that may still arrive to the next. */
  readonly upcast?: Upcasters
}

/** By the version that it takes; each step's result is the next version's data, the last is validated by the schema. */
// biome-ignore lint/suspicious/noExplicitAny: old data has no type here; `unknown` would make every upcaster cast.
export type Upcasters = Readonly<Record<number, (data: any) => unknown>>

/** A definition of whatever type and data. */
// biome-ignore lint/suspicious/noExplicitAny: data is both read and written through, so only `any` accepts every one.
export type AnyEventDefinition = EventDefinition<string, any, any>
