import { expect, it } from 'vitest'
import { readRelayOptions } from './relay-options.ts'
import type { OutboxStore } from './store.ts'

const store = {} as OutboxStore<never>

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
  { leaseMs: Number.NaN },
  { batch: { events: -1 } },
  { poll: { minMs: 0 } },
  { retry: { attempts: 0 } },
])('a relay refuses %j', (wrong) => {
  expect(() => readRelayOptions({ store, transport: 'memory:', ...wrong })).toThrow('must be a number above 0')
})
