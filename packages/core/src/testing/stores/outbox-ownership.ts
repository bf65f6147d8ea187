import assert from 'node:assert/strict'
import type { Claim, OutboxStore } from '../../outbox/store.ts'
import { claimAll, claimOne, drain, idsOf, messages, pause, relay, roomy, type Test, write } from './outbox-tools.ts'

const shortLeaseMs = 250

/** Who may relay what: one holder a partition, by lease, with an epoch that fences whoever held it before. */
export function testOwnership<Tx>(test: Test<Tx>): void {
  test('gives all partitions to a lone relay, and the same claims again when it renews', async (scene) => {
    const first = await scene.store.claim({ relay: 'relay-1', leaseMs: 60_000 })
    assert.deepEqual(partitionsOf(first.claims), [0, 1, 2])
    assert.equal(first.share, 3)
    const again = await scene.store.claim({ relay: 'relay-1', leaseMs: 60_000 })
    assert.deepEqual(sorted(again.claims), sorted(first.claims))
  }, 3)

  test('takes nothing from a relay whose lease runs', async (scene) => {
    const other = await scene.another()
    const held = await claimAll(scene.store, 'relay-1')
    const late = await other.claim({ relay: 'relay-2', leaseMs: 60_000 })
    assert.deepEqual(late.claims, [])
    assert.equal(late.share, 1)
    const kept = await scene.store.claim({ relay: 'relay-1', leaseMs: 60_000 })
    assert.deepEqual(sorted(kept.claims), sorted(held))
    assert.equal(kept.share, 1, 'it should give one back')
  }, 2)

  test('has shares that add up to all partitions, however many relays there are', async (scene) => {
    const relays = Array.from({ length: 7 }, (_, index) => `relay-${index}`)
    for (let count = 1; count <= relays.length; count++) {
      let sum = 0
      const live = relays.slice(0, count)
      for (const relay of live) await scene.store.claim({ relay, leaseMs: 60_000 })
      for (const relay of live) sum += (await scene.store.claim({ relay, leaseMs: 60_000 })).share
      assert.equal(sum, 5, `with ${count} relays`)
    }
  }, 5)

  test('hands a partition over when its lease is over, under a higher epoch', async (scene) => {
    const other = await scene.another()
    const old = await claimOne(scene.store, 'relay-1', shortLeaseMs)
    assert.deepEqual(await claimAll(other, 'relay-2'), [])
    const taken = await takeover(other, 'relay-2')
    assert.equal(taken.partition, old.partition)
    assert.ok(taken.epoch > old.epoch)
    assert.deepEqual(await claimAll(scene.store, 'relay-1'), [], 'the old holder learns of it')
  })

  test('never hands it over before the lease is over', async (scene) => {
    const other = await scene.another()
    const startedAt = performance.now()
    await claimOne(scene.store, 'relay-1', shortLeaseMs)
    await takeover(other, 'relay-2')
    assert.ok(performance.now() - startedAt >= shortLeaseMs - 2)
  })

  test('rejects the commit of a relay that was overtaken, and changes nothing by it', async (scene) => {
    const other = await scene.another()
    await write(scene, messages('a:1', 'a:2'))
    const stale = await scene.store.read(await claimOne(scene.store, 'relay-1', shortLeaseMs), roomy)
    assert.ok(stale !== undefined)
    const claim = await takeover(other, 'relay-2')
    assert.equal(await scene.store.commit(stale, stale.events.map(relay)), 'lost')
    assert.equal((await scene.store.status()).relayed, 0)
    assert.deepEqual(await drain(other, [claim]), ['a:1', 'a:2'])
    assert.equal(
      await scene.store.commit(
        stale,
        stale.events.map(() => ({ as: 'hold' })),
      ),
      'lost',
    )
    assert.equal(await other.read(claim, roomy), undefined)
  })

  test('takes the commit of a relay whose lease is over but that nobody has overtaken', async (scene) => {
    await write(scene, messages('a:1'))
    const batch = await scene.store.read(await claimOne(scene.store, 'relay-1', 20), roomy)
    assert.ok(batch !== undefined)
    await pause(60)
    assert.equal(await scene.store.commit(batch, batch.events.map(relay)), 'committed')
  })

  test('commits a batch once, however often it is asked to', async (scene) => {
    await write(scene, messages('a:1', 'b:1'))
    const claim = await claimOne(scene.store)
    const batch = await scene.store.read(claim, roomy)
    assert.ok(batch !== undefined)
    const results = batch.events.map((_, index) => ({ as: index === 0 ? 'relayed' : 'hold' }) as const)
    assert.equal(await scene.store.commit(batch, results), 'committed')
    assert.equal(await scene.store.commit(batch, results), 'committed')
    assert.equal((await scene.store.status()).relayed, 1)
    assert.deepEqual(await drain(scene.store, [claim]), ['b:1'])
  })

  test('frees what is released at once, and only what is still held', async (scene) => {
    const other = await scene.another()
    const claims = await claimAll(scene.store, 'relay-1')
    await scene.store.release({ relay: 'relay-1', claims, leave: true })
    const taken = await claimAll(other, 'relay-2')
    assert.deepEqual(partitionsOf(taken), [0, 1])
    await scene.store.release({ relay: 'relay-1', claims, leave: true })
    assert.deepEqual(sorted(await claimAll(other, 'relay-2')), sorted(taken))
  }, 2)

  test('shares between relays that come and go, one holder a partition', async (scene) => {
    const other = await scene.another()
    const first = await claimAll(scene.store, 'relay-1')
    const { share } = await other.claim({ relay: 'relay-2', leaseMs: 60_000 })
    await scene.store.release({ relay: 'relay-1', claims: first.slice(share), leave: false })
    const second = await claimAll(other, 'relay-2')
    const kept = await claimAll(scene.store, 'relay-1')
    assert.deepEqual(partitionsOf([...kept, ...second]), [0, 1, 2, 3])
    assert.equal(second.length, 2)
  }, 4)

  test('lets one of many win when all claim at once', async (scene) => {
    const stores = [scene.store, await scene.another(), await scene.another()]
    const answers = await Promise.all(
      stores.map((store, index) => store.claim({ relay: `relay-${index}`, leaseMs: 60_000 })),
    )
    assert.deepEqual(partitionsOf(answers.flatMap(({ claims }) => claims)), [0, 1, 2])
  }, 3)

  test('reads for nobody what another has relayed', async (scene) => {
    const other = await scene.another()
    await write(scene, messages('a:1'))
    const old = await claimOne(scene.store, 'relay-1')
    assert.deepEqual(await drain(scene.store, [old]), ['a:1'])
    await scene.store.release({ relay: 'relay-1', claims: [old], leave: true })
    await write(scene, messages('a:2'))
    const claim = await claimOne(other, 'relay-2')
    assert.deepEqual(idsOf(await other.read(claim, roomy)), ['a:2'])
  })
}

async function takeover(store: OutboxStore<never>, relay: string): Promise<Claim> {
  for (;;) {
    const [claim] = await claimAll(store, relay)
    if (claim !== undefined) return claim
    await pause(10)
  }
}

const partitionsOf = (claims: readonly Claim[]): number[] =>
  claims.map((claim) => claim.partition).sort((a, b) => a - b)
const sorted = (claims: readonly Claim[]): Claim[] => [...claims].sort((a, b) => a.partition - b.partition)
