import { type Case, defineCase } from '../../harness/case.ts'
import { type BusSize, busSize } from '../../measure/bus-size.ts'
import { importMs } from '../../measure/import-time.ts'

const suite = 'core'
const mostBytes = 15_000

const importTime = defineCase({
  suite,
  case: 'import',
  unit: 'ms',
  rounds: 15,
  warmUpRounds: 1,
  bar: { of: 'value', atMost: 30 },
  subjects: {
    eventspine: () => ({ round: () => importMs('@eventspine/core') }),
    zod: () => ({ round: () => importMs('zod') }),
  },
})

function sizeCase(format: keyof BusSize, mostAllowed?: number): Case {
  return defineCase({
    suite,
    case: `size-${format}`,
    unit: 'bytes',
    rounds: 1,
    warmUpRounds: 0,
    ...(mostAllowed === undefined ? {} : { bar: { of: 'value', atMost: mostAllowed, enforced: true } }),
    subjects: { eventspine: () => ({ round: async () => (await busSize())[format] }) },
  })
}

/** What depending on core costs before the first event. */
export const footprintCases: readonly Case[] = [
  importTime,
  sizeCase('minified'),
  sizeCase('gzip'),
  sizeCase('brotli', mostBytes),
]
