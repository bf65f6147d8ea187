import assert from 'node:assert/strict'
import { isEventspineError } from '../../error.ts'
import type { InboxKey, InboxStore } from '../../middleware/inbox.ts'
import type { TestRunner } from '../transport/runner.ts'
import { hostileIds } from './hostile-ids.ts'
import type { InboxHarness, InboxScene } from './inbox-harness.ts'

/**
 * The definition of an `InboxStore`: a store that passes it may stand behind `idempotency`. `runner` is vitest's, jest's or
 * node:test's own `describe` and `it`.
 */
export function testInboxStore<Tx>(runner: Pick<TestRunner, 'describe' | 'it'>, harness: InboxHarness<Tx>): void {
  const { describe, it } = runner
  const test = (title: string, body: (scene: InboxScene<Tx>) => Promise<void>): void => {
    it(
      title,
      async () => {
        const scene = await harness.open()
        try {
          await body(scene)
        } finally {
          await scene.close()
        }
      },
      testLimitMs,
    )
  }

  describe(`${harness.name} as an inbox`, () => {
    describe('once', () => testOnce(test))
    describe('concurrent duplicates', () => testConcurrency(test))
    describe('failing work', () => testFailure(test, harness.transactional))
    describe('an aborted signal', () => testAbort(test, harness.transactional))
    describe('keys', () => testKeys(test))
    describe('sweep', () => testSweep(test))
  })
}

type Test<Tx> = (title: string, body: (scene: InboxScene<Tx>) => Promise<void>) => void

const testLimitMs = 60_000
const keyOf = (id: string): InboxKey => ({ group: 'billing', source: 'https://shop.example/orders', id })

/** Delivers to one instance: the effect is named after the id. */
const deliver = <Tx>(scene: InboxScene<Tx>, id: string, inbox: InboxStore<Tx> = scene.inbox): Promise<string> =>
  inbox.once(keyOf(id), async (tx) => {
    await scene.affect(tx, id)
  })

async function assertEffects<Tx>(scene: InboxScene<Tx>, expected: Readonly<Record<string, number>>): Promise<void> {
  assert.deepEqual(Object.fromEntries(await scene.effects()), expected)
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function testOnce<Tx>(test: Test<Tx>): void {
  test('runs the work of a new event and says done', async (scene) => {
    assert.equal(await deliver(scene, 'e-1'), 'done')
    await assertEffects(scene, { 'e-1': 1 })
  })

  test('finds a duplicate after a lost ack, and runs no work for it', async (scene) => {
    await deliver(scene, 'e-1')
    assert.equal(await deliver(scene, 'e-1'), 'duplicate')
    await assertEffects(scene, { 'e-1': 1 })
  })

  test('finds a duplicate through another instance', async (scene) => {
    await deliver(scene, 'e-1')
    assert.equal(await deliver(scene, 'e-1', scene.another()), 'duplicate')
    await assertEffects(scene, { 'e-1': 1 })
  })

  test('lets the work of different events go on across awaits without mixing their effects', async (scene) => {
    const ids = Array.from({ length: 20 }, (_, n) => `e-${n}`)
    const slowly = (id: string): Promise<string> =>
      scene.inbox.once(keyOf(id), async (tx) => {
        await turn()
        await scene.affect(tx, id)
        await turn()
        if (Number(id.slice(2)) % 2 === 1) throw new Error('odd')
      })
    const outcomes = await Promise.allSettled(ids.map(slowly))
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ids.map((_, n) => (n % 2 === 0 ? 'fulfilled' : 'rejected')),
    )
    const effects = await scene.effects()
    for (const id of ids.filter((_, n) => n % 2 === 0)) assert.equal(effects.get(id), 1, id)
  })
}

function testConcurrency<Tx>(test: Test<Tx>): void {
  test('have one effect when eight workers get each of 1,000 events at once', async (scene) => {
    const ids = Array.from({ length: 1_000 }, (_, n) => `e-${n}`)
    const workers = [scene.inbox, ...Array.from({ length: 7 }, () => scene.another())]
    let done = 0
    const work = async (inbox: InboxStore<Tx>): Promise<void> => {
      for (const id of ids) if ((await deliver(scene, id, inbox)) === 'done') done++
    }
    await Promise.all(workers.map(work))
    assert.equal(done, 1_000)
    await assertEffects(scene, Object.fromEntries(ids.map((id) => [id, 1])))
  })

  test('are told so only when the first run has succeeded', async (scene) => {
    const first = Promise.withResolvers<void>()
    const running = scene.inbox.once(keyOf('e-1'), async (tx) => {
      await scene.affect(tx, 'e-1')
      await first.promise
    })
    let answer: string | undefined
    const second = deliver(scene, 'e-1').then((outcome) => {
      answer = outcome
    })
    for (let n = 0; n < 5; n++) await turn()
    assert.equal(answer, undefined)
    first.resolve()
    await Promise.all([running, second])
    assert.equal(answer, 'duplicate')
    await assertEffects(scene, { 'e-1': 1 })
  })

  test('get their turn when the first run has failed', async (scene) => {
    const first = Promise.withResolvers<void>()
    const running = scene.inbox.once(keyOf('e-1'), () => first.promise)
    const others = [deliver(scene, 'e-1'), deliver(scene, 'e-1')]
    first.reject(new Error('refused'))
    await assert.rejects(running, /refused/)
    assert.deepEqual((await Promise.all(others)).sort(), ['done', 'duplicate'])
    await assertEffects(scene, { 'e-1': 1 })
  })
}

function testFailure<Tx>(test: Test<Tx>, transactional: boolean): void {
  test('rejects with its own error, leaves no mark and is run again', async (scene) => {
    const refused = new Error('refused')
    const failing = scene.inbox.once(keyOf('e-1'), () => Promise.reject(refused))
    await assert.rejects(failing, (error) => error === refused)
    assert.equal(await deliver(scene, 'e-1'), 'done')
    await assertEffects(scene, { 'e-1': 1 })
  })

  test('may throw before it returns a promise', async (scene) => {
    const failing = scene.inbox.once(keyOf('e-1'), () => {
      throw new Error('refused')
    })
    await assert.rejects(failing, /refused/)
    assert.equal(await deliver(scene, 'e-1'), 'done')
  })

  const effects = transactional ? 'leaves no effect of it' : 'leaves its effect, so that the next run repeats it'
  test(`that dies between its effect and its end ${effects}`, async (scene) => {
    const dying = scene.inbox.once(keyOf('e-1'), async (tx) => {
      await scene.affect(tx, 'e-1')
      throw new Error('crash')
    })
    await assert.rejects(dying, /crash/)
    await assertEffects(scene, transactional ? {} : { 'e-1': 1 })
    assert.equal(await deliver(scene, 'e-1'), 'done')
    await assertEffects(scene, { 'e-1': transactional ? 1 : 2 })
  })

  test('does not disturb what runs beside it', async (scene) => {
    const ids = Array.from({ length: 200 }, (_, n) => `e-${n}`)
    const failures = new Set(ids.filter((_, n) => n % 3 === 0))
    const attempt = (id: string): Promise<string> =>
      scene.inbox.once(keyOf(id), async (tx) => {
        if (failures.delete(id)) throw new Error('first attempt')
        await scene.affect(tx, id)
      })
    await Promise.all(ids.map((id) => attempt(id).catch(() => attempt(id))))
    await assertEffects(scene, Object.fromEntries(ids.map((id) => [id, 1])))
  })
}

function testAbort<Tx>(test: Test<Tx>, transactional: boolean): void {
  test('starts nothing', async (scene) => {
    const reason = new Error('stopped')
    let ran = false
    const work = async (): Promise<void> => {
      ran = true
    }
    const late = scene.inbox.once(keyOf('e-1'), work, { signal: AbortSignal.abort(reason) })
    await assert.rejects(late, (error) => error === reason)
    assert.equal(ran, false)
    assert.equal(await deliver(scene, 'e-1'), 'done')
  })

  test('ends the wait for another run', async (scene) => {
    const first = Promise.withResolvers<void>()
    const running = scene.inbox.once(keyOf('e-1'), () => first.promise)
    const aborter = new AbortController()
    const waiting = scene.inbox.once(keyOf('e-1'), async () => {}, { signal: aborter.signal })
    const reason = new Error('lease lost')
    aborter.abort(reason)
    await assert.rejects(waiting, (error) => error === reason)
    first.resolve()
    assert.equal(await running, 'done')
  })

  if (transactional) testRollback(test)
  else {
    test('waits for the end of running work, which counts', async (scene) => {
      const aborter = new AbortController()
      const work = Promise.withResolvers<void>()
      const running = scene.inbox.once(keyOf('e-1'), () => work.promise, { signal: aborter.signal })
      aborter.abort(new Error('timeout'))
      const second = deliver(scene, 'e-1')
      work.resolve()
      assert.deepEqual(await Promise.all([running, second]), ['done', 'duplicate'])
    })
  }
}

function testRollback<Tx>(test: Test<Tx>): void {
  test('rolls running work back at once, and fails what it still tries', async (scene) => {
    const aborter = new AbortController()
    const zombie = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    let late: Promise<unknown> | undefined
    const running = scene.inbox.once(
      keyOf('e-1'),
      async (tx) => {
        await scene.affect(tx, 'e-1')
        started.resolve()
        await zombie.promise
        late = (async () => scene.affect(tx, 'e-1'))()
        await late
      },
      { signal: aborter.signal },
    )
    await started.promise
    const reason = new Error('timeout')
    aborter.abort(reason)
    await assert.rejects(running, (error) => error === reason)
    assert.equal(await deliver(scene, 'e-2'), 'done')
    zombie.resolve()
    await turn()
    await assert.rejects(late ?? Promise.resolve())
    await assertEffects(scene, { 'e-2': 1 })
    assert.equal(await deliver(scene, 'e-1'), 'done')
    await assertEffects(scene, { 'e-1': 1, 'e-2': 1 })
  })
}

function testKeys<Tx>(test: Test<Tx>): void {
  const once = (scene: InboxScene<Tx>, key: InboxKey): Promise<string> => scene.inbox.once(key, async () => {})

  test('are group, source and id together', async (scene) => {
    const keys: readonly InboxKey[] = [
      { group: 'a', source: 'b', id: 'c' },
      { group: 'x', source: 'b', id: 'c' },
      { group: 'a', source: 'x', id: 'c' },
      { group: 'a', source: 'b', id: 'x' },
      { group: 'b', source: 'a', id: 'c' },
      { group: 'ab', source: '', id: 'c' },
      { group: '', source: 'ab', id: 'c' },
      { group: 'a', source: 'bc', id: '' },
      { group: 'a', source: '', id: 'bc' },
      { group: 'a:b', source: 'c', id: 'd' },
      { group: 'a', source: 'b:c', id: 'd' },
      { group: 'a/b', source: 'c', id: 'd' },
    ]
    for (const key of keys) assert.equal(await once(scene, key), 'done', JSON.stringify(key))
    for (const key of keys) assert.equal(await once(scene, key), 'duplicate', JSON.stringify(key))
  })

  test('are compared to the last bit, whatever characters they hold', async (scene) => {
    const quoted = (id: string): string => JSON.stringify(id).slice(0, 40)
    for (const id of hostileIds) assert.equal(await once(scene, keyOf(id)), 'done', quoted(id))
    for (const id of hostileIds) assert.equal(await once(scene, keyOf(id)), 'duplicate', quoted(id))
    for (const id of hostileIds) assert.equal(await once(scene, { ...keyOf('e'), source: id }), 'done', quoted(id))
    for (const id of hostileIds) assert.equal(await once(scene, { ...keyOf('e'), group: id }), 'done', quoted(id))
  })
}

function testSweep<Tx>(test: Test<Tx>): void {
  test('keeps what is younger', async (scene) => {
    await deliver(scene, 'e-1')
    assert.equal(await scene.inbox.sweep(3_600_000), 0)
    assert.equal(await deliver(scene, 'e-1'), 'duplicate')
  })

  test('forgets what is older and says how many, so that a late duplicate runs again', async (scene) => {
    for (const id of ['e-1', 'e-2', 'e-3']) await deliver(scene, id)
    assert.equal(await scene.inbox.sweep(0), 3)
    assert.equal(await scene.inbox.sweep(0), 0)
    assert.equal(await deliver(scene, 'e-1'), 'done')
    await assertEffects(scene, { 'e-1': 2, 'e-2': 1, 'e-3': 1 })
  })

  test('refuses an age that is none, and forgets nothing then', async (scene) => {
    await deliver(scene, 'e-1')
    for (const age of [-1, Number.NaN]) {
      await assert.rejects(scene.inbox.sweep(age), (error) => isEventspineError(error, 'invalid-middleware'))
    }
    assert.equal(await deliver(scene, 'e-1'), 'duplicate')
  })

  test('may run while work runs, and touches none of it', async (scene) => {
    for (let n = 0; n < 300; n++) await deliver(scene, `old-${n}`)
    const first = Promise.withResolvers<void>()
    const running = scene.inbox.once(keyOf('e-1'), async (tx) => {
      await scene.affect(tx, 'e-1')
      await first.promise
    })
    const sweeping = scene.inbox.sweep(0)
    const others = Array.from({ length: 100 }, (_, n) => deliver(scene, `new-${n}`))
    first.resolve()
    assert.equal(await running, 'done')
    assert.ok((await sweeping) >= 300)
    await Promise.all(others)
    const effects = await scene.effects()
    assert.equal(effects.size, 401)
    for (const [name, count] of effects) assert.equal(count, 1, name)
  })
}
