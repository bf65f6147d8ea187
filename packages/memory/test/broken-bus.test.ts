import { describe, expect, it } from 'vitest'
import { breaking } from './broken.ts'
import { memoryHarness } from './harness.ts'
import { type BusMutant, busMutants } from './mutants/bus.ts'
import { testsOf } from './recorded.ts'

/** What the one test says that must find the mutant; undefined when it finds nothing. */
async function failureOf({ clause, test, breakIt = () => ({}) }: Pick<BusMutant, 'clause' | 'test' | 'breakIt'>) {
  const healthy = memoryHarness()
  const impatient = { ...healthy, timing: { ...healthy.timing, patienceMs: 500 } }
  const tests = await testsOf(breaking(impatient, breakIt), { limitMs: 5_000 })
  const found = tests.filter(({ title }) => title.startsWith(clause) && title.includes(test))
  expect(found.map(({ title }) => title)).toHaveLength(1)
  return found[0]?.run().then(
    () => undefined,
    (error: Error) => error.message,
  )
}

describe('the conformance suite goes red for buses over a transport that', () => {
  for (const mutant of busMutants) {
    it(`${mutant.what} (${mutant.clause})`, async () => {
      const failure = await failureOf(mutant)
      expect(failure).toMatch(mutant.complaint)
      expect(failure).toMatch(/group \S+: \d+ runs.*seed \d+/s)
    })
  }
})

describe('the conformance suite stays green', () => {
  it('for buses over the same wrapper with nothing broken', async () => {
    for (const { clause, test } of busMutants) expect(await failureOf({ clause, test })).toBeUndefined()
  })
})
