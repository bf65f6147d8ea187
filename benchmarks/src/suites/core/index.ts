import type { Case } from '../../harness/case.ts'
import { consume } from './consume.ts'
import { footprintCases } from './footprint.ts'
import { latency } from './latency.ts'
import { publishCases } from './publish.ts'
import { publishToHandled } from './publish-to-handled.ts'

export const coreCases: readonly Case[] = [publishToHandled, ...publishCases, consume, latency, ...footprintCases]
