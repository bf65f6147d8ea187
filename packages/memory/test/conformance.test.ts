import { testTransport } from '@eventspine/core/testing'
import { describe, it } from 'vitest'
import { memoryHarness } from './harness.ts'

await testTransport({ describe, it }, memoryHarness())
for (const like of ['kafka', 'rabbitmq', 'sqs', 'redis'] as const) {
  await testTransport({ describe, it }, memoryHarness(like))
}
