import { describe, expect, it } from 'vitest'
import { breaking } from './broken.ts'
import { memoryHarness } from './harness.ts'
import { faultMutants } from './mutants/faults.ts'
import type { Mutant } from './mutants/mutant.ts'
import { publishingMutants } from './mutants/publishing.ts'
import { readingMutants } from './mutants/reading.ts'
import { settlingMutants } from './mutants/settling.ts'
import { testsOf } from './recorded.ts'

const mutants = [...publishingMutants, ...readingMutants, ...settlingMutants, ...faultMutants]

/** Runs the tests of a clause on a broken transport until one fails with the complaint, and tells all that failed. */
async function failuresOf(
  { clause, like, breakIt = () => ({}), network, complaint }: Omit<Mutant, 'what'>,
  patienceMs: number,
): Promise<string[]> {
  const healthy = memoryHarness(like)
  const timing = { ...healthy.timing, patienceMs }
  const tests = await testsOf(breaking({ ...healthy, timing }, breakIt, network), {
    limitMs: patienceMs * 3,
    backlog: 1_000,
  })
  const failures: string[] = []
  for (const { title, run } of tests.filter((test) => test.title.startsWith(clause))) {
    await run().catch((error: Error) => failures.push(`${title}: ${error.message}`))
    if (complaint.test(failures.at(-1) ?? '')) return failures
  }
  return failures
}

describe('the conformance suite goes red for a transport that', () => {
  for (const mutant of mutants) {
    it(`${mutant.what} (${mutant.clause})`, async () => {
      const failures = await failuresOf(mutant, 1_000)
      expect(failures.join('\n\n')).toMatch(mutant.complaint)
      expect(failures[0]).toMatch(/seed \d+/)
    })
  }
})

describe('the conformance suite stays green', () => {
  it.each(['C01', 'C06', 'C10', 'C24', 'C55'])('for the same wrapper with nothing broken (%s)', async (clause) => {
    expect(await failuresOf({ clause, complaint: /never/ }, 10_000)).toEqual([])
  })
})
