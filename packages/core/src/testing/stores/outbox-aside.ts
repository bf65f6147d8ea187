import assert from 'node:assert/strict'
import type { RelayResult } from '../../outbox/store.ts'
import {
  claimOne,
  type Decide,
  drain,
  failure,
  idsOf,
  message,
  messages,
  park,
  pause,
  relay,
  roomy,
  step,
  type Test,
  until,
  write,
} from './outbox-tools.ts'

/** What can't be published now: it waits with its lane behind it, and nobody else does. */
export function testAside<Tx>(test: Test<Tx>): void {
  test('holds the successors of a parked event, also those that come later, and nobody else', async (scene) => {
    await write(scene, messages('a:1', 'b:1', 'a:2', 'c'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, park('a:1'))
    await write(scene, messages('a:3', 'b:2'))
    assert.deepEqual(await drain(scene.store, [claim]), ['b:2'])
    const [parked, ...others] = await scene.store.parked()
    assert.deepEqual(others, [])
    assert.equal(parked?.message.id, 'a:1')
    assert.deepEqual(parked?.message.body, message('a:1').body)
    assert.deepEqual(parked?.failure, failure)
    assert.equal(parked?.held, 2)
    const { parked: count, held, pending, relayed } = await scene.store.status()
    assert.deepEqual({ count, held, pending, relayed }, { count: 1, held: 2, pending: 0, relayed: 3 })
  })

  test('holds by topic and key: the same key on another topic flows', async (scene) => {
    await write(scene, [message('a:1'), message('a:2', { topic: 'payments' })])
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, ({ message: { id } }) =>
      id === 'a:1' ? { as: 'park', failure } : { as: 'relayed' },
    )
    await write(scene, [message('a:3'), message('a:4', { topic: 'payments' })])
    assert.deepEqual(await drain(scene.store, [claim]), ['a:4'])
  })

  test('sends a retried event first and then its successors, in order', async (scene) => {
    await write(scene, messages('a:1', 'a:2'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, park('a:1'))
    await write(scene, messages('a:3'))
    await drain(scene.store, [claim])
    const [parked] = await scene.store.parked()
    assert.equal(await scene.store.retryParked([parked?.ref as string]), 1)
    await write(scene, messages('a:4'))
    assert.deepEqual(await drain(scene.store, [claim], { events: 2, bytes: roomy.bytes }), ['a:1', 'a:2', 'a:3', 'a:4'])
    assert.deepEqual(await scene.store.parked(), [])
  })

  test('lets the successors flow when a parked event is discarded', async (scene) => {
    await write(scene, messages('a:1', 'a:2'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, park('a:1'))
    assert.equal(await scene.store.discardParked('all'), 1)
    await write(scene, messages('a:3'))
    assert.deepEqual(await drain(scene.store, [claim]), ['a:2', 'a:3'])
    assert.equal(await scene.store.discardParked('all'), 0)
  })

  test('retries and discards what is named and parked, and ignores every other name', async (scene) => {
    await write(scene, messages('a:1', 'b:1', 'c'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, () => ({ as: 'park', failure }))
    const refs = (await scene.store.parked()).map((parked) => parked.ref)
    assert.equal(await scene.store.retryParked(['nobody', '-1', '1e999', `${refs[0]}`, `${refs[0]}`]), 1)
    assert.equal(await scene.store.discardParked([`${refs[0]}`, `${refs[2]}`]), 1, 'one of them is parked no more')
    assert.deepEqual(await drain(scene.store, [claim]), ['a:1'])
    assert.deepEqual(
      (await scene.store.parked()).map((parked) => parked.message.id),
      ['b:1'],
    )
  })

  test('lists parked events in pages, oldest first', async (scene) => {
    await write(scene, messages('a:1', 'b:1', 'c:1', 'd:1', 'e:1'))
    await step(scene.store, await claimOne(scene.store), () => ({ as: 'park', failure }))
    const first = await scene.store.parked({ limit: 2 })
    const second = await scene.store.parked({ limit: 2, after: first[1]?.ref as string })
    const third = await scene.store.parked({ limit: 2, after: second[1]?.ref as string })
    const ids = [first, second, third].map((page) => page.map((parked) => parked.message.id))
    assert.deepEqual(ids, [['a:1', 'b:1'], ['c:1', 'd:1'], ['e:1']])
  })

  test('gives a retried event back when its delay is over, with its attempt, and its lane behind it', async (scene) => {
    await write(scene, messages('a:1', 'b:1', 'a:2'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, retryFirst('a:1', { as: 'retry', delayMs: 250, attempt: 2, failure }))
    await write(scene, messages('a:3', 'b:2'))
    const startedAt = performance.now()
    assert.deepEqual(await drain(scene.store, [claim]), ['b:2'])
    assert.equal((await scene.store.status()).pending, 3)
    await until('the delay is over', async () => (await scene.store.read(claim, roomy)) !== undefined)
    assert.ok(performance.now() - startedAt > 150, 'not before')
    const batch = await scene.store.read(claim, roomy)
    assert.deepEqual(
      batch?.events.map((event) => event.attempt),
      [2, 1, 1],
    )
    assert.deepEqual(await drain(scene.store, [claim]), ['a:1', 'a:2', 'a:3'])
  })

  test('retries an event without a key by itself', async (scene) => {
    await write(scene, messages('x', 'y'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, retryFirst('x', { as: 'retry', delayMs: 0, attempt: 5, failure }))
    const batch = await scene.store.read(claim, roomy)
    assert.deepEqual(idsOf(batch), ['x'])
    assert.equal(batch?.events[0]?.attempt, 5)
  })

  test('keeps the place of what was held', async (scene) => {
    await write(scene, messages('a:1', 'a:2', 'b:1', 'y'))
    const claim = await claimOne(scene.store)
    await step(scene.store, claim, ({ message: { id } }) => ({ as: id === 'a:1' ? 'relayed' : 'hold' }))
    await write(scene, messages('a:3', 'b:2'))
    const rest = await drain(scene.store, [claim], { events: 1, bytes: 1 })
    assert.deepEqual([...rest].sort(), ['a:2', 'a:3', 'b:1', 'b:2', 'y'])
    for (const key of 'ab') {
      const ofKey = rest.filter((id) => id.startsWith(key))
      assert.deepEqual(ofKey, [...ofKey].sort())
    }
  })

  test('keeps a lane in order while it drains into a busy log', async (scene) => {
    const claim = await claimOne(scene.store)
    const written = Array.from({ length: 40 }, (_, index) => `a:${String(index).padStart(2, '0')}`)
    await write(scene, messages(...written.slice(0, 20)))
    await step(scene.store, claim, park('a:00'))
    await scene.store.retryParked('all')
    const relayed: string[] = []
    for (const id of written.slice(20)) {
      await write(scene, messages(id))
      relayed.push(...(await step(scene.store, claim, relay, { events: 3, bytes: roomy.bytes })))
    }
    relayed.push(...(await drain(scene.store, [claim], { events: 3, bytes: roomy.bytes })))
    assert.deepEqual(relayed, written)
  })

  test('waits for notBefore, holds nobody meanwhile, and publishes without it', async (scene) => {
    const claim = await claimOne(scene.store)
    const notBefore = Date.now() + 1_000
    await write(scene, [
      message('a:later', { notBefore }),
      message('a:1'),
      message('b:due', { notBefore: Date.now() - 5 }),
    ])
    assert.deepEqual(await drain(scene.store, [claim]), ['a:1', 'b:due'])
    const { pending, delayed, oldestPendingAgeMs } = await scene.store.status()
    assert.deepEqual(
      { pending, delayed, oldestPendingAgeMs },
      { pending: 0, delayed: 1, oldestPendingAgeMs: undefined },
    )
    await write(scene, messages('a:2'))
    assert.deepEqual(await drain(scene.store, [claim]), ['a:2'])
    await until('it is due', async () => (await scene.store.read(claim, roomy)) !== undefined)
    assert.ok(Date.now() >= notBefore - 20, 'not before')
    const batch = await scene.store.read(claim, roomy)
    assert.deepEqual(idsOf(batch), ['a:later'])
    assert.equal(batch?.events[0]?.message.notBefore, undefined)
  })

  test('has a delayed event wait behind its parked key when it is due', async (scene) => {
    const claim = await claimOne(scene.store)
    const notBefore = Date.now() + 1_000
    await write(scene, [message('a:later', { notBefore }), message('a:1')])
    await step(scene.store, claim, park('a:1'))
    await pause(notBefore + 50 - Date.now())
    assert.deepEqual(await drain(scene.store, [claim]), [])
    await scene.store.discardParked('all')
    assert.deepEqual(await drain(scene.store, [claim]), ['a:later'])
  })

  test('survives a delayed event that fails when it is due', async (scene) => {
    const claim = await claimOne(scene.store)
    await write(scene, [message('a:later', { notBefore: Date.now() + 1_000 }), message('a:1')])
    assert.deepEqual(await drain(scene.store, [claim]), ['a:1'])
    await until('it is due', async () => (await scene.store.read(claim, roomy)) !== undefined)
    await step(scene.store, claim, park('a:later'))
    await write(scene, messages('a:2'))
    assert.deepEqual(await drain(scene.store, [claim]), [])
    await scene.store.retryParked('all')
    assert.deepEqual(await drain(scene.store, [claim]), ['a:later', 'a:2'])
  })

  test('lets the log flow beside more retries than a batch can hold', async (scene) => {
    const claim = await claimOne(scene.store)
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}:1`)
    await write(scene, messages(...keys))
    await step(scene.store, claim, () => ({ as: 'retry', delayMs: 0, attempt: 2, failure }))
    await write(scene, messages('fresh:1'))
    const limit = { events: 4, bytes: roomy.bytes }
    const first = await step(scene.store, claim, relay, limit)
    assert.ok(first.includes('fresh:1'))
    const rest = await drain(scene.store, [claim], limit)
    assert.deepEqual([...first, ...rest].sort(), [...keys, 'fresh:1'].sort())
  })

  test('lets the log flow beside retries that are larger than a batch', async (scene) => {
    const claim = await claimOne(scene.store)
    const body = new Uint8Array(1_000)
    await write(scene, [message('a:1', { body }), message('b:1', { body })])
    await step(scene.store, claim, () => ({ as: 'retry', delayMs: 0, attempt: 2, failure }))
    await write(scene, messages('fresh:1', 'fresh:2'))
    for (const bytes of [1, 1_000, 1_200]) {
      const batch = await scene.store.read(claim, { events: 10, bytes })
      assert.deepEqual(idsOf(batch).slice(0, 2), ['a:1', 'fresh:1'])
    }
    assert.equal((await drain(scene.store, [claim], { events: 10, bytes: 1 })).length, 4)
  })

  test('counts what waits aside and the log together', async (scene) => {
    const claim = await claimOne(scene.store)
    const large = (id: string) => message(id, { body: new Uint8Array(1_000) })
    await write(scene, [large('a:1'), large('b:1')])
    await step(scene.store, claim, () => ({ as: 'retry', delayMs: 0, attempt: 2, failure }))
    await write(scene, [large('c:1'), large('d:1'), large('e:1')])
    const batch = await scene.store.read(claim, { events: 10, bytes: 2_000 })
    assert.deepEqual(idsOf(batch), ['a:1', 'c:1'])
  })
}

function retryFirst(id: string, result: RelayResult): Decide {
  let lane: string | undefined
  return ({ message }) => {
    if (message.id === id) {
      lane = message.key
      return result
    }
    return lane !== undefined && message.key === lane ? { as: 'hold' } : { as: 'relayed' }
  }
}
