import type { Case } from '../harness/case.ts'
import { coreCases } from './core/index.ts'
import { kafkaCases } from './kafka/index.ts'
import { heapGrowth } from './soak/heap-growth.ts'

/** Every case, in the order of the table. */
export const cases: readonly Case[] = [...coreCases, ...kafkaCases, heapGrowth]

/** Suites that take minutes or need a server: they run when named, not when nothing is. */
export const onRequest: ReadonlySet<string> = new Set(['kafka', 'soak'])
