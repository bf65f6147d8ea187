import { testTransport } from '@eventspine/core/testing'
import { describe, it } from 'vitest'
import { memoryHarness } from './harness.ts'

await testTransport({ describe, it }, memoryHarness())
