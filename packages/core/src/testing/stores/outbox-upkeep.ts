import assert from 'node:assert/strict'
import type { OutboxStore } from '../../outbox/store.ts'
import {
  claimAll,
  claimOne,
  drain,
  failure,
  message,
  messages,
  park,
  pause,
  roomy,
  step,
  type Test,
  until,
  write,
} from './outbox-tools.ts'

/** What isn't relaying: counting, cleaning, hinting, closing. */
export function testUpkeep<Tx>(test: Test<Tx>): void {
  test('counts what is pending and relayed, and how long the oldest has waited', async (scene) => {
    const empty = await scene.store.status()
    assert.deepEqual(empty, { pending: 0, oldestPendingAgeMs: undefined, delayed: 0, parked: 0, held: 0, relayed: 0 })
    await write(scene, messages('a:1', 'b:1', 'c:1'))
    await pause(60)
    await write(scene, messages('d:1'))
    const { pending, oldestPendingAgeMs } = await scene.store.status()
    assert.equal(pending, 4)
    assert.ok(oldestPendingAgeMs !== undefined && oldestPendingAgeMs >= 55 && oldestPendingAgeMs < 20_000)
    await drain(scene.store, await claimAll(scene.store))
    assert.deepEqual(await scene.store.status(), { ...empty, relayed: 4 })
  }, 2)

  test('removes what was relayed and nothing else', async (scene) => {
    const claim = await claimOne(scene.store)
    await write(scene, [...messages('a:1', 'a:2', 'b:1', 'c:1'), message('d:1', { notBefore: Date.now() + 200 })])
    await step(scene.store, claim, park('a:1'))
    await step(scene.store, claim, () => ({ as: 'retry', delayMs: 50, attempt: 2, failure }))
    await write(scene, messages('e:1', 'e:2'))
    await cleanUp(scene.store)
    assert.deepEqual(await drain(scene.store, [claim]), ['e:1', 'e:2'])
    await cleanUp(scene.store)
    await scene.store.retryParked('all')
    await pause(220)
    assert.deepEqual((await drain(scene.store, [claim])).sort(), ['a:1', 'a:2', 'd:1'])
    await cleanUp(scene.store)
    await write(scene, messages('f:1'))
    assert.deepEqual(await drain(scene.store, [claim]), ['f:1'], 'positions are never given twice')
  })

  test('removes in bounded steps, at last everything', async (scene) => {
    const many = Array.from({ length: 2_500 }, (_, index) => message(`k${index % 50}:${index}`))
    await write(scene, many)
    await drain(scene.store, await claimAll(scene.store))
    assert.equal(await cleanUp(scene.store), many.length)
    assert.deepEqual(await scene.store.cleanup(), { removed: 0, more: false })
    assert.equal((await scene.store.status()).relayed, many.length)
  }, 2)

  test('removes nothing that was read and not yet committed', async (scene) => {
    await write(scene, messages('a:1', 'b:1'))
    const claim = await claimOne(scene.store)
    const batch = await scene.store.read(claim, roomy)
    await cleanUp(scene.store)
    assert.ok(batch !== undefined)
    assert.equal(
      await scene.store.commit(
        batch,
        batch.events.map(() => ({ as: 'hold' })),
      ),
      'committed',
    )
    await cleanUp(scene.store)
    assert.deepEqual(await drain(scene.store, [claim]), ['a:1', 'b:1'])
  })

  test('hints at a commit where it hints at all, until it is told not to', async (scene) => {
    if (scene.store.watch === undefined) return
    let hints = 0
    const end = scene.store.watch(() => {
      hints += 1
    })
    await write(scene, messages('a:1'))
    await until('a hint', () => hints > 0)
    end()
    await pause(50)
    const before = hints
    await write(scene, messages('a:2'))
    await pause(50)
    assert.equal(hints, before)
  })

  test('goes on from where it was when it is opened again', async (scene) => {
    await write(scene, messages('a:1', 'b:1', 'a:2'))
    const claims = await claimAll(scene.store)
    for (const claim of claims) await step(scene.store, claim, park('a:1'))
    const again = await scene.another()
    await again.retryParked('all')
    await scene.store.release({ relay: 'relay-1', claims, leave: true })
    assert.deepEqual(await drain(again, await claimAll(again, 'relay-2')), ['a:1', 'a:2'])
  }, 3)

  test('closes twice, and rejects afterwards', async (scene) => {
    const other = await scene.another()
    await other.close()
    await other.close()
    await assert.rejects(other.status())
    await assert.rejects(other.claim({ relay: 'relay-1', leaseMs: 1_000 }))
    assert.equal((await scene.store.status()).pending, 0)
  })
}

async function cleanUp(store: OutboxStore<never>): Promise<number> {
  let sum = 0
  for (;;) {
    const { removed, more } = await store.cleanup()
    sum += removed
    if (!more) return sum
  }
}
