import { type SuiteOptions, type TransportHarness, testTransport } from '@eventspine/core/testing'

export interface RecordedTest {
  readonly title: string
  readonly run: () => Promise<void>
}

/** What the suite would run, without running it. */
export async function testsOf(harness: TransportHarness, options?: SuiteOptions): Promise<readonly RecordedTest[]> {
  const tests: RecordedTest[] = []
  const runner = {
    describe: (_title: string, body: () => void) => body(),
    it: (title: string, run: () => Promise<void>) => tests.push({ title, run }),
  }
  await testTransport(runner, harness, options)
  return tests
}
