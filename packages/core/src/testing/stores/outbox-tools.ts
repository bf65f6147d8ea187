import assert from 'node:assert/strict'
import type { BatchLimit, Claim, OutboxBatch, OutboxEvent, OutboxStore, RelayResult } from '../../outbox/store.ts'
import type { Message } from '../../transport/message.ts'
import type { OutboxScene } from './outbox-harness.ts'

/** Declares one test on an outbox of its own, with one partition unless it says otherwise. */
export type Test<Tx> = (title: string, body: (scene: OutboxScene<Tx>) => Promise<void>, partitions?: number) => void

const utf8 = new TextEncoder()

/** A message whose body is its id. `k:n` gives the key `k`; without a colon there is none. */
export function message(id: string, changes: Partial<Message> = {}): Message {
  const [key, rest] = id.split(':')
  return {
    topic: 'orders',
    id,
    source: 'https://shop.example/orders',
    ...(rest === undefined ? {} : { key: key as string }),
    headers: new Map([['ce_id', id]]),
    body: utf8.encode(id),
    ...changes,
  }
}

export const messages = (...ids: readonly string[]): Message[] => ids.map((id) => message(id))

/** Appends in a transaction that commits. */
export async function write<Tx>(scene: OutboxScene<Tx>, list: readonly Message[]): Promise<void> {
  const { tx, commit } = await scene.begin()
  await scene.store.append(tx, list)
  await commit()
}

/** What a lone relay holds: everything. */
export async function claimAll(
  store: OutboxStore<never>,
  relay = 'relay-1',
  leaseMs = 60_000,
): Promise<readonly Claim[]> {
  return (await store.claim({ relay, leaseMs })).claims
}

export async function claimOne(store: OutboxStore<never>, relay?: string, leaseMs?: number): Promise<Claim> {
  const claims = await claimAll(store, relay, leaseMs)
  assert.equal(claims.length, 1, 'one partition, so one claim')
  return claims[0] as Claim
}

export const roomy: BatchLimit = { events: 1_000, bytes: 64 * 1024 * 1024 }

export const idsOf = (batch: OutboxBatch | undefined): string[] => batch?.events.map((event) => event.message.id) ?? []

export const failure = { code: 'message-too-large', name: 'MessageTooLargeError', message: 'too large', attempts: 1 }

export type Decide = (event: OutboxEvent) => RelayResult

/** The next batch, committed as `decide` says; the ids of all that were in it. */
export async function step(store: OutboxStore<never>, claim: Claim, decide: Decide, limit = roomy): Promise<string[]> {
  const batch = await store.read(claim, limit)
  if (batch === undefined) return []
  assert.equal(await store.commit(batch, batch.events.map(decide)), 'committed')
  return idsOf(batch)
}

export const relay: Decide = () => ({ as: 'relayed' })

/** Relays until nothing is left; the ids in the order of their coming. */
export async function drain(store: OutboxStore<never>, claims: readonly Claim[], limit = roomy): Promise<string[]> {
  const ids: string[] = []
  for (const claim of claims) {
    for (let batch = await store.read(claim, limit); batch !== undefined; batch = await store.read(claim, limit)) {
      ids.push(...idsOf(batch))
      assert.equal(await store.commit(batch, batch.events.map(relay)), 'committed')
    }
  }
  return ids
}

/** Parks the named event and holds what stands behind it; relays the rest. */
export function park(id: string): Decide {
  let parked: string | undefined
  return ({ message }) => {
    if (message.id === id) {
      parked = message.key
      return { as: 'park', failure }
    }
    return parked !== undefined && message.key === parked ? { as: 'hold' } : { as: 'relayed' }
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks again until it holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, longestMs = 20_000): Promise<void> {
  const deadline = performance.now() + longestMs
  while (!(await holds())) {
    if (performance.now() > deadline) assert.fail(`not within ${longestMs} ms: ${what}`)
    await pause(5)
  }
}
