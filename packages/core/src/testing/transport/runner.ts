/**
 * What the suite needs of a test runner: vitest's, jest's and node:test's own functions fit as they are.
 * Runners that take no time limit (node:test) ignore the third argument; every clause is bounded by itself as well.
 */
export interface TestRunner {
  describe(title: string, body: () => void): unknown
  it(title: string, body: () => Promise<void>, timeoutMs?: number): unknown
  /** Given, the suite closes the harness when its last test has ended. */
  afterAll?(body: () => Promise<void>): unknown
}
