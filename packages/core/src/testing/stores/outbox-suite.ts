import type { TestRunner } from '../transport/runner.ts'
import { testAside } from './outbox-aside.ts'
import type { OutboxHarness } from './outbox-harness.ts'
import { testOwnership } from './outbox-ownership.ts'
import { testRelaying } from './outbox-relays.ts'
import type { Test } from './outbox-tools.ts'
import { testUpkeep } from './outbox-upkeep.ts'
import { testVisibility } from './outbox-visibility.ts'

/**
 * The definition of an `OutboxStore`: a store that passes it may stand behind `createOutbox` and `createRelay`. `runner` is
 * vitest's, jest's or node:test's own `describe` and `it`.
 */
export function testOutboxStore<Tx>(runner: Pick<TestRunner, 'describe' | 'it'>, harness: OutboxHarness<Tx>): void {
  const { describe, it } = runner
  const test: Test<Tx> = (title, body, partitions = 1) => {
    it(
      title,
      async () => {
        const scene = await harness.open({ partitions })
        try {
          await body(scene)
        } finally {
          await scene.close()
        }
      },
      testLimitMs,
    )
  }

  describe(`${harness.name} as an outbox`, () => {
    describe('visibility', () => testVisibility(test, harness))
    describe('ownership', () => testOwnership(test))
    describe('set aside', () => testAside(test))
    describe('upkeep', () => testUpkeep(test))
    describe('under relays', () => testRelaying(test))
  })
}

const testLimitMs = 60_000
