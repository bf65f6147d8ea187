import { startKafka } from '@eventspine/brokers'
import { testTransport } from '@eventspine/core/testing'
import { afterAll, describe, it } from 'vitest'
import { kafkaHarness, serverConfig } from './harness.ts'

const server = await startKafka({ own: true, config: serverConfig })

await testTransport({ describe, it, afterAll }, kafkaHarness(server))
