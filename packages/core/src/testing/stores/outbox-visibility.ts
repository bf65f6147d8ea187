import assert from 'node:assert/strict'
import { isEventspineError } from '../../error.ts'
import { hostileTexts } from './hostile-texts.ts'
import type { OutboxHarness, OutboxScene } from './outbox-harness.ts'
import { claimAll, claimOne, drain, idsOf, message, messages, roomy, type Test, write } from './outbox-tools.ts'

/** What is in the log, and when: after the commit, in its order, unchanged. */
export function testVisibility<Tx>(test: Test<Tx>, harness: OutboxHarness<Tx>): void {
  test('shows nothing before the commit and everything after it', async (scene) => {
    const claim = await claimOne(scene.store)
    const { tx, commit } = await scene.begin()
    await scene.store.append(tx, messages('a:1', 'a:2'))
    assert.equal(await scene.store.read(claim, roomy), undefined)
    await commit()
    assert.deepEqual(idsOf(await scene.store.read(claim, roomy)), ['a:1', 'a:2'])
  })

  test('keeps nothing of a transaction that was rolled back, and no hole that anybody waits at', async (scene) => {
    await write(scene, messages('a:1'))
    const { tx, rollback } = await scene.begin()
    await scene.store.append(tx, messages('a:ghost'))
    await rollback()
    await write(scene, messages('a:2'))
    assert.deepEqual(await drain(scene.store, await claimAll(scene.store)), ['a:1', 'a:2'])
  })

  test('writes all of an append or nothing', async (scene) => {
    const { tx, commit } = await scene.begin()
    const broken = message('a:3', { topic: null as unknown as string })
    const appended = (async () => scene.store.append(tx, [...messages('a:1', 'a:2'), broken]))()
    await assert.rejects(appended)
    await commit().catch(() => {})
    assert.deepEqual(await drain(scene.store, await claimAll(scene.store)), [])
  })

  test('refuses a handle that is in no transaction, and writes nothing', async (scene) => {
    const tx = await scene.idle()
    const appended = (async () => scene.store.append(tx, messages('a:1')))()
    await assert.rejects(appended, (error) => isEventspineError(error, 'not-in-transaction'))
    assert.deepEqual(await drain(scene.store, await claimAll(scene.store)), [])
  })

  test('keeps the order of a key over many transactions and small batches', async (scene) => {
    const written = Array.from({ length: 60 }, (_, index) => `${'abc'[index % 3]}:${index}`)
    for (const id of written) await write(scene, messages(id))
    const claims = await claimAll(scene.store)
    const relayed = await drain(scene.store, claims, { events: 7, bytes: roomy.bytes })
    assert.deepEqual([...relayed].sort(), [...written].sort())
    for (const key of 'abc') {
      const ofKey = (id: string): boolean => id.startsWith(`${key}:`)
      assert.deepEqual(relayed.filter(ofKey), written.filter(ofKey))
    }
  }, 3)

  test('gives a key to the same partition always, and events to all partitions', async (scene) => {
    const keys = Array.from({ length: 64 }, (_, index) => `key-${index}`)
    for (const round of [1, 2]) await write(scene, messages(...keys.map((key) => `${key}:${round}`)))
    const partitionOf = new Map<string, number>()
    for (const claim of await claimAll(scene.store)) {
      const batch = await scene.store.read(claim, roomy)
      assert.ok(idsOf(batch).length > 0, `partition ${claim.partition} has events`)
      for (const { message } of batch?.events ?? []) {
        const key = message.key as string
        assert.equal(partitionOf.get(key) ?? claim.partition, claim.partition)
        partitionOf.set(key, claim.partition)
      }
    }
    assert.equal(partitionOf.size, keys.length)
  }, 4)

  test('gives back exactly what was written', async (scene) => {
    const hostile = hostileMessages()
    await write(scene, hostile)
    const batch = await scene.store.read(await claimOne(scene.store), roomy)
    assert.deepEqual(
      batch?.events.map((event) => plain(event.message)),
      hostile.map(plain),
    )
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })

  test('hands out a message larger than the limit, alone', async (scene) => {
    const big = message('a:big', { body: new Uint8Array(3_000_000).fill(7) })
    await write(scene, [big, message('a:2')])
    const claim = await claimOne(scene.store)
    const batch = await scene.store.read(claim, { events: 100, bytes: 1_000 })
    assert.deepEqual(idsOf(batch), ['a:big'])
    assert.deepEqual(batch?.events[0]?.message.body, big.body)
  })

  test('reads the same again until the commit', async (scene) => {
    await write(scene, messages('a:1', 'b:1'))
    const claim = await claimOne(scene.store)
    const first = await scene.store.read(claim, roomy)
    assert.deepEqual(idsOf(await scene.store.read(claim, roomy)), idsOf(first))
  })

  if (harness.concurrentWriters) testConcurrentWriters(test)
  else testOneWriter(test)
}

function testConcurrentWriters<Tx>(test: Test<Tx>): void {
  test('shows what committed beside an older transaction that is still open, and that one later', async (scene) => {
    const slow = await scene.begin()
    await scene.store.append(slow.tx, messages('a:slow'))
    await write(scene, messages('b:fast'))
    const claims = await claimAll(scene.store)
    await relayUntil(scene, ['b:fast'], claims)
    await slow.commit()
    await relayUntil(scene, ['a:slow'], claims)
  })

  test('misses none of many transactions that begin and end across each other', async (scene) => {
    const claims = await claimAll(scene.store)
    const relayed: string[] = []
    const open: { readonly id: string; readonly end: () => Promise<void>; readonly kept: boolean }[] = []
    const kept: string[] = []
    for (let index = 0; index < 40; index++) {
      const { tx, commit, rollback } = await scene.begin()
      const id = `k${index}:1`
      await scene.store.append(tx, messages(id))
      open.push(index % 4 === 3 ? { id, end: rollback, kept: false } : { id, end: commit, kept: true })
      if (index % 5 === 4) {
        const [ending] = open.splice((index * 7) % open.length, 1)
        await ending?.end()
        if (ending?.kept) kept.push(ending.id)
        relayed.push(...(await drain(scene.store, claims)))
      }
    }
    for (const { id, end, kept: isKept } of open.reverse()) {
      await end()
      if (isKept) kept.push(id)
    }
    while (relayed.length < kept.length) relayed.push(...(await drain(scene.store, claims)))
    assert.deepEqual([...relayed].sort(), kept.sort())
  }, 2)
}

async function relayUntil<Tx>(
  scene: OutboxScene<Tx>,
  expected: readonly string[],
  claims: Awaited<ReturnType<typeof claimAll>>,
): Promise<void> {
  const relayed: string[] = []
  const deadline = performance.now() + 10_000
  while (relayed.length < expected.length && performance.now() < deadline) {
    relayed.push(...(await drain(scene.store, claims)))
  }
  assert.deepEqual(relayed, expected)
}

function testOneWriter<Tx>(test: Test<Tx>): void {
  test('lets a relay read and claim nothing of it wait while a transaction is open', async (scene) => {
    await write(scene, messages('a:1'))
    const claim = await claimOne(scene.store)
    const { tx, commit } = await scene.begin()
    await scene.store.append(tx, messages('a:2'))
    assert.deepEqual(idsOf(await scene.store.read(claim, roomy)), ['a:1'])
    await commit()
    assert.deepEqual(await drain(scene.store, [claim]), ['a:1', 'a:2'])
  })
}

/** Names are text that every database keeps; headers and bodies are whatever. */
function hostileMessages() {
  const bodies = [null, new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, byte) => byte)]
  return [
    ...bodies.map((body, index) => message(`body:${index}`, { body })),
    ...hostileTexts.map((text, index) => message(`header:${index}`, { headers: new Map([['x', text]]) })),
    message('names:1', { headers: new Map([...hostileTexts, '__proto__'].map((name) => [name, '{"polluted":1}'])) }),
    message('none:1', { headers: new Map() }),
    message('json:1', { body: new TextEncoder().encode('{"__proto__":{"polluted":1},"a":1,"a":2,"z":"\\u0000"}') }),
    message('key:1', { key: '' }),
    message('key:2', { key: "'; drop table orders; --" }),
    message('key:3', { key: '\u{1f600} caf\u00e9 cafe\u0301', source: 'urn:\u{1f600}' }),
    message('key:4', { key: '9007199254740993', topic: 'Orders.V2_x-y' }),
    message('key:5', { key: 'x'.repeat(255) }),
    message('no-key'),
  ]
}

const plain = ({ headers, body, ...rest }: ReturnType<typeof message>) => ({
  ...rest,
  headers: [...headers],
  body: body === null ? null : Array.from(body),
})
