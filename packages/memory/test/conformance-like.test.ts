import { testTransport } from '@eventspine/core/testing'
import { describe, it } from 'vitest'
import { memoryHarness } from './harness.ts'

/** The four brokers wait for their delays at the same time; the tests of one run one after the other. */
let nested = false
function atOnce(title: string, body: () => void): void {
  if (nested) return void describe(title, { concurrent: false }, body)
  describe.concurrent(title, () => {
    nested = true
    body()
    nested = false
  })
}

for (const like of ['kafka', 'rabbitmq', 'sqs', 'redis'] as const) {
  await testTransport({ describe: atOnce, it }, memoryHarness(like))
}
