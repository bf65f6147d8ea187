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

/** Runs the tests of one clause, and tells what failed. */
async function failuresOf({
  clause,
  like,
  breakIt = () => ({}),
  network,
}: Omit<Mutant, 'what' | 'complaint'>): Promise<string[]> {
  const healthy = memoryHarness(like)
  const impatient = { ...healthy, timing: { ...healthy.timing, patienceMs: 500 } }
  const tests = await testsOf(breaking(impatient, breakIt, network), { limitMs: 2_500, backlog: 1_000 })
  const failures: string[] = []
  for (const { title, run } of tests.filter((test) => test.title.startsWith(clause))) {
    await run().catch((error: Error) => failures.push(`${title}: ${error.message}`))
  }
  return failures
}

describe('the conformance suite goes red for a transport that', () => {
  for (const mutant of mutants) {
    it(`${mutant.what} (${mutant.clause})`, async () => {
      const failures = await failuresOf(mutant)
      expect(failures.join('\n\n')).toMatch(mutant.complaint)
      expect(failures[0]).toMatch(/seed \d+/)
    })
  }
})

describe('the conformance suite stays green', () => {
  it('for the same wrapper with nothing broken, in every clause that a mutant fails', async () => {
    const clauses = new Set(mutants.map(({ clause }) => clause))
    for (const clause of clauses) expect(await failuresOf({ clause })).toEqual([])
  })
})
