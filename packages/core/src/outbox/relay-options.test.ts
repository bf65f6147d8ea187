import { expect, it } from 'vitest'
import { readRelayOptions } from './relay-options.ts'
import type { OutboxStore } from './store.ts'

const store = { claim: async () => ({ claims: [], share: 0 }) } as unknown as OutboxStore<never>

it('a relay has a default for everything but store and transport', () => {
  const { retry, publishOrder, batch, leaseMs, poll } = readRelayOptions({ store, transport: 'memory:' })
  expect(retry).toMatchObject({ attempts: 10, backoff: { initialMs: 100, maxMs: 30_000 } })
  expect({ publishOrder, batch, leaseMs, poll }).toEqual({
    publishOrder: 'strict',
    batch: { events: 500, bytes: 2_097_152 },
    leaseMs: 10_000,
    poll: { minMs: 20, maxMs: 500 },
  })
})

it.each([
  { leaseMs: 0 },
  { leaseMs: 1_000.5 },
  { leaseMs: Number.NaN },
  { leaseMs: Number.POSITIVE_INFINITY },
  { leaseMs: '1000' as never },
  { batch: { events: -1 } },
  { batch: { events: 1 } },
  { batch: { events: 2.5 } },
  { batch: { events: Number.POSITIVE_INFINITY } },
  { batch: { bytes: 0 } },
  { poll: { minMs: 0 } },
  { poll: { maxMs: Number.NaN } },
  { cleanupEveryMs: Number.POSITIVE_INFINITY },
  { retry: { attempts: 0 } },
  { retry: { attempts: Number.NaN } },
  { retry: { backoff: { initialMs: Number.NaN } } },
  { retry: { backoff: { maxMs: -5 } } },
  { retry: { backoff: { jitter: Number.POSITIVE_INFINITY } } },
  { retry: { backoff: { factor: 0 } } },
])('a relay refuses %j', (wrong) => {
  const name = Object.keys(wrong)[0]
  expect(() => readRelayOptions({ store, transport: 'memory:', ...wrong })).toThrow(
    expect.objectContaining({ code: 'invalid-outbox', message: expect.stringContaining(`option ${name}`) }),
  )
})

it.each([
  { store: undefined as never },
  { transport: undefined as never },
  { transport: {} as never },
  { publishOrder: 'random' as never },
])('a relay without a part that it needs is refused: %j', (wrong) => {
  expect(() => readRelayOptions({ store, transport: 'memory:', ...wrong })).toThrow(
    expect.objectContaining({ code: 'invalid-outbox' }),
  )
})
