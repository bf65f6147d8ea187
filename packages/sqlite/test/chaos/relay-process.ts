/** A relay: its broker is the parent process, at the other end of the channel. It is killed at any moment. */
import { createRelay } from '@eventspine/core/outbox'
import { type Capabilities, type Transport, UnsupportedError } from '@eventspine/core/transport'
import { sqliteOutbox } from '../../src/index.ts'
import { batchEvents, type Confirm, leaseMs, type PublishCall, partitions } from './protocol.ts'

const [path = ''] = process.argv.slice(2)

const capabilities: Capabilities = {
  durable: true,
  history: true,
  orderedGroups: true,
  atomicKeys: true,
  detectsNoGroup: false,
  attempts: 'process',
  deadLetterPeek: 'free',
  delayedPublish: false,
  maxMessageBytes: 1_048_576,
  maxBatch: { messages: batchEvents, bytes: Number.POSITIVE_INFINITY },
  maxHoldMs: Number.POSITIVE_INFINITY,
  retryDelay: { minMs: 1, maxMs: Number.POSITIVE_INFINITY, overshoot: 0 },
}

function parentTransport(): Transport {
  const waiting = new Map<number, () => void>()
  let calls = 0
  process.on('message', ({ call }: Confirm) => {
    waiting.get(call)?.()
    waiting.delete(call)
  })
  const nothing = { created: [], existing: [], mismatches: [] }
  return {
    name: 'parent',
    connect: async () => capabilities,
    topology: { ensure: async () => nothing, verify: async () => nothing, plan: () => ({ steps: [] }) },
    async publish(messages) {
      const call = ++calls
      const confirmed = new Promise<void>((resolve) => waiting.set(call, resolve))
      const list = messages.map(({ id, topic, key = '' }) => ({ id, topic, key }))
      process.send?.({ call, messages: list } satisfies PublishCall)
      await confirmed
      return messages.map(() => ({ accepted: true as const }))
    },
    subscribe: async () => {
      throw new UnsupportedError('The parent only takes messages.')
    },
    deadLetters: () => {
      throw new UnsupportedError('The parent only takes messages.')
    },
    probe: async () => ({ status: 'up', incidents: [] }),
    close: async () => {},
  }
}

const store = sqliteOutbox({ path, partitions })
const relay = createRelay({
  store,
  transport: parentTransport(),
  leaseMs,
  batch: { events: batchEvents },
  cleanupEveryMs: 100,
})
process.once('SIGTERM', async () => {
  await relay.stop()
  await store.close()
  process.disconnect()
})
await relay.start()
