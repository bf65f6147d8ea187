import type { Case } from '../harness/case.ts'
import { coreCases } from './core/index.ts'
import { heapGrowth } from './soak/heap-growth.ts'

/** Every case, in the order of the table. */
export const cases: readonly Case[] = [...coreCases, heapGrowth]

/** Suites that take minutes: they run when named, not when nothing is. */
export const onRequest: ReadonlySet<string> = new Set(['soak'])
