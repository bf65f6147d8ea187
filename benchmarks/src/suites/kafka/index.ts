import type { Case } from '../../harness/case.ts'
import { consumeCases } from './consume.ts'
import { memory } from './memory.ts'
import { publishCases } from './publish.ts'

export const kafkaCases: readonly Case[] = [...publishCases, ...consumeCases, memory]
