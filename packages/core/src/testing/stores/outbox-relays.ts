import assert from 'node:assert/strict'
import type { Logger } from '../../logger.ts'
import { createRelay, type Relay } from '../../outbox/relay.ts'
import type { RelayOptions } from '../../outbox/relay-options.ts'
import type { OutboxStore } from '../../outbox/store.ts'
import { MessageTooLargeError } from '../../transport/errors.ts'
import type { Message } from '../../transport/message.ts'
import { breaches, check } from '../transport/checker.ts'
import { seededRandom } from '../transport/random.ts'
import { PublishOnlyBroker } from './outbox-broker.ts'
import type { OutboxScene } from './outbox-harness.ts'
import { message, messages, pause, type Test, until, write } from './outbox-tools.ts'

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }

const relayOn = (store: OutboxStore<never>, broker: PublishOnlyBroker, options: Partial<RelayOptions> = {}): Relay =>
  createRelay({
    store,
    transport: broker.transport(),
    leaseMs: 400,
    poll: { minMs: 5, maxMs: 40 },
    batch: { events: 20 },
    cleanupEveryMs: 50,
    logger: silent,
    ...options,
  })

/** The store under real relays: nothing is lost, nothing is made up, keys keep their order, duplicates are bounded. */
export function testRelaying<Tx>(test: Test<Tx>): void {
  test('relays what was written before and while it runs', async (scene) => {
    const broker = new PublishOnlyBroker()
    await write(scene, messages('a:1', 'a:2'))
    await using relay = relayOn(scene.store, broker)
    await relay.start()
    await write(scene, messages('a:3'))
    await until('all have arrived', () => broker.arrivals.length === 3)
    assert.deepEqual(broker.ids, ['a:1', 'a:2', 'a:3'])
    assert.deepEqual(broker.arrivals[0]?.body, message('a:1').body)
    await until('it is counted', async () => (await scene.store.status()).relayed === 3)
  }, 2)

  test('shares the work of a busy outbox between relays that come, stop and are cut off', async (scene) => {
    const seed = Math.trunc(Math.random() * 2 ** 32)
    const random = seededRandom(seed)
    const broker = new PublishOnlyBroker()
    broker.after = () => pause(random() * 3)
    const written: Message[] = []
    const relays = [relayOn(scene.store, broker), relayOn(await scene.another(), broker)]
    for (const relay of relays) await relay.start()
    for (let round = 0; round < 30; round++) {
      const list = Array.from({ length: 10 }, (_, index) => message(`k${Math.trunc(random() * 12)}:${round}-${index}`))
      await write(scene, list)
      written.push(...list)
      if (round % 6 === 5) {
        await relays.shift()?.stop({ graceMs: round === 17 ? 0 : 5_000 })
        const next = relayOn(await scene.another(), broker)
        relays.push(next)
        await next.start()
      }
    }
    await until('all have arrived', () => new Set(broker.ids).size === written.length)
    await Promise.all(relays.map((relay) => relay.stop()))
    const found = breaches(check(written, broker.arrivals), { ordered: true, duplicates: 4 * 20 })
    assert.deepEqual(found, [], `seed ${seed}`)
  }, 4)

  test('sends a batch again after a crash between publish and commit: once more, in order, none lost', async (scene) => {
    const broker = new PublishOnlyBroker()
    const list = messages('a:1', 'b:1', 'a:2', 'b:2')
    await write(scene, list)
    const dead = relayOn(uncommitting(scene.store), broker)
    await dead.start()
    await until('the first batch has arrived', () => broker.arrivals.length >= list.length)
    await dead.stop({ graceMs: 0 })
    await using relay = relayOn(await scene.another(), broker)
    await relay.start()
    await until('all are relayed', async () => (await scene.store.status()).relayed === list.length)
    assert.deepEqual(breaches(check(list, broker.arrivals), { ordered: true, duplicates: list.length }), [])
  })

  test('parks a poisonous event and its key only, and relays it when it is retried', async (scene) => {
    const broker = new PublishOnlyBroker()
    broker.refuse = ({ id }) => (id === 'a:1' ? new MessageTooLargeError('too large') : undefined)
    await using relay = relayOn(scene.store, broker)
    await relay.start()
    await write(scene, messages('a:1', 'b:1', 'a:2', 'b:2'))
    await until('the others have arrived', () => broker.arrivals.length === 2)
    await until('it is parked', async () => (await scene.store.status()).parked === 1)
    const [parked] = await scene.store.parked()
    assert.equal(parked?.failure.code, 'message-too-large')
    assert.deepEqual(broker.ids, ['b:1', 'b:2'])
    broker.refuse = () => undefined
    await scene.store.retryParked('all')
    await until('they have arrived', () => broker.arrivals.length === 4)
    assert.deepEqual(broker.ids, ['b:1', 'b:2', 'a:1', 'a:2'])
  })

  test('keeps only what is not relayed in its tables', async (scene) => {
    const broker = new PublishOnlyBroker()
    await using relay = relayOn(scene.store, broker)
    await relay.start()
    await write(scene, messages('a:1', 'b:1'))
    await until('all are relayed', async () => (await scene.store.status()).relayed === 2)
    await until('they are removed', async () => (await scene.store.cleanup()).removed === 0)
    assert.equal(relay.counts.relayed, 2)
  })
}

/** A process that dies before each commit, as far as the store can tell. */
function uncommitting<Tx>(store: OutboxScene<Tx>['store']): OutboxStore<never> {
  return {
    ...bound(store),
    commit: () => new Promise(() => {}),
    release: async () => {},
    close: async () => {},
  }
}

function bound<Tx>(store: OutboxStore<Tx>): OutboxStore<never> {
  return {
    name: store.name,
    sync: store.sync,
    append: (tx, list) => store.append(tx, list),
    claim: (request) => store.claim(request),
    release: (request) => store.release(request),
    read: (claim, limit) => store.read(claim, limit),
    commit: (batch, results) => store.commit(batch, results),
    parked: (options) => store.parked(options),
    retryParked: (refs) => store.retryParked(refs),
    discardParked: (refs) => store.discardParked(refs),
    status: () => store.status(),
    cleanup: () => store.cleanup(),
    close: () => store.close(),
  }
}
