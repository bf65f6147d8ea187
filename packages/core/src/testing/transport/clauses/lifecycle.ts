import assert from 'node:assert/strict'
import type { Delivery } from '../../../transport/subscription.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import { refuses } from '../expect.ts'
import type { Scene } from '../scene.ts'

async function startsAgain(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  for (const round of [1, 2, 3]) {
    const member = await scene.member()
    const got = await scene.consume(group, { on: member })
    const sent = scene.messages(topic, 10)
    await scene.publish(sent, member)
    await got.completes(sent)
    await member.transport.close()
    assert.deepEqual(got.errors, [], `round ${round} ends without an error`)
  }
}

async function publishOnlyStartsAgain(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic))
  const sent = scene.messages(topic, 30)
  for (const round of [0, 1, 2]) {
    const member = await scene.member()
    await scene.publish(sent.slice(round * 10, round * 10 + 10), member)
    await member.transport.close()
  }
  await got.completes(sent)
}

async function closedRefuses(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const { transport } = await scene.member()
  assert.equal((await transport.probe()).status, 'up')
  await transport.close()
  assert.equal((await transport.probe()).status, 'down')
  await refuses(transport.publish(scene.messages(topic, 1)), 'transport-closed')
  await refuses(
    transport.subscribe({ group: scene.group(topic), prefetch: 1, prefetchBytes: 1, leaseMs: scene.timing.leaseMs }),
    'transport-closed',
  )
  await transport.close()
}

async function closeCyclesLoseNothing(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = scene.consumption(await scene.declaredGroup(topic))
  const sent = scene.messages(topic, 5_000, { keys: 20 })
  const publishing = scene.publish(sent)
  for (const cycle of [1, 2, 3, 4]) {
    const on = await scene.member()
    const { subscription, ended } = await got.join({ on })
    const target = Math.max(cycle * 1_000, got.arrivals.all.length + 1)
    await got.count(target)
    await subscription.close()
    await ended
    await on.dispose()
  }
  await got.join()
  await publishing
  await got.gets(sent)
  got.verify(sent, { duplicates: sent.length })
}

async function concurrentClose(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const closing = scene.consumption(group)
  await Promise.all(Array.from({ length: 10 }, () => closing.join()))
  await closing.close()
  const sent = scene.messages(topic, 50)
  await scene.publish(sent)
  const later = await scene.consume(group)
  await later.completes(sent)
  assert.deepEqual(closing.ids, [])
}

async function abortCloses(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const abort = new AbortController()
  const aborted = await scene.consume(group, { signal: abort.signal, handle: () => undefined })
  const sent = scene.messages(topic, 20)
  await scene.publish(sent)
  await aborted.count(1)
  abort.abort()
  await aborted.readers[0]?.ended
  assert.deepEqual(aborted.errors, [], 'the iterator ends without an error')
  const later = await scene.consume(group)
  await later.completes(sent)
}

async function abortedBeforeIsNoMember(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const { transport } = await scene.main()
  const options = {
    group,
    prefetch: 10,
    prefetchBytes: 10_000,
    leaseMs: scene.timing.leaseMs,
    signal: AbortSignal.abort(),
  }
  const subscription = await transport.subscribe(options).catch(() => undefined)
  for await (const _batch of subscription ?? []) assert.fail('an aborted subscription yields nothing')
  const sent = scene.messages(topic, 20)
  const got = await scene.consume(group)
  await scene.publish(sent)
  await got.completes(sent)
}

async function twiceIsOnce(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const got = await scene.consume(group)
  const first = scene.messages(topic, 20)
  await scene.publish(first)
  await got.completes(first)
  await got.until('every ack', () => got.arrivals.all.every(({ settled }) => settled === 'settled'))

  const reader = got.readers[0]
  const again = got.deliveries.map((delivery) => ({ delivery, as: 'ack' }) as const)
  assert.deepEqual(new Set(await reader?.subscription.settle(again)), new Set(['settled']))
  const given = got.deliveries.map((delivery) => ({ delivery, as: 'release' }) as const)
  assert.deepEqual(
    new Set(await reader?.subscription.settle(given)),
    new Set(['settled']),
    'the first answer is repeated',
  )
  await got.quiet()

  const second = scene.messages(topic, 20)
  await scene.publish(second)
  await got.completes([...first, ...second])
  await Promise.all([reader?.subscription.close(), reader?.subscription.close()])
  await reader?.subscription.stop()
  await reader?.subscription.close()
  assert.deepEqual(got.errors, [])
}

async function sameListTwice(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const held: Delivery[] = []
  const got = await scene.consume(scene.group(topic), {
    handle: (delivery) => {
      held.push(delivery)
      return undefined
    },
  })
  const sent = scene.messages(topic, 10)
  await scene.publish(sent)
  await got.gets(sent)
  const subscription = got.readers[0]?.subscription
  const settlements = [...held, ...held].map((delivery) => ({ delivery, as: 'ack' }) as const)
  const both = await Promise.all([subscription?.settle(settlements), subscription?.settle(settlements)])
  assert.deepEqual(new Set(both.flat()), new Set(['settled']), 'one list names a delivery twice, and calls overlap')
  await got.quiet()
}

/** A subscription that stops keeps what it yielded, gives back what it had not, and takes nothing new. */
async function stopKeepsWhatIsHeld(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const on = await scene.member()
  const held: Delivery[] = []
  const stopping = await scene.consume(group, {
    on,
    prefetch: 10,
    handle: (delivery) => {
      held.push(delivery)
      return undefined
    },
  })
  const before = scene.messages(topic, 10)
  await scene.publish(before)
  await stopping.count(1)
  const reader = stopping.readers[0]
  await reader?.subscription.stop()
  await reader?.ended
  const kept = held.map(({ message }) => message.id)
  const late = scene.messages(topic, 20)
  await scene.publish(late)
  await stopping.quiet()

  const others = await scene.consume(group)
  const results = await reader?.subscription.settle(held.map((delivery) => ({ delivery, as: 'ack' })))
  assert.deepEqual(new Set(results), new Set(['settled']), 'what was yielded before stop() is still ours')
  await reader?.subscription.close()
  const rest = [...before, ...late].filter(({ id }) => !kept.includes(id))
  await others.completes(rest)
  assertNoAttemptBurnt(others.deliveries)
}

/** Messages that reach a stopped member go on to its peers within a second, counted as nobody's attempt. */
async function lateArrivalsAreReleased(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = scene.consumption(scene.group(topic))
  const [stopping, peer] = await scene.members(2)
  const { subscription, ended } = await got.join({ on: stopping })
  await got.join({ on: peer })
  const sent = scene.messages(topic, 100)
  const publishing = scene.publish(sent)
  await subscription.stop()
  await publishing
  await ended
  await subscription.close()
  await got.gets(sent, 1_000 + scene.timing.heartbeatMs * 2)
  got.verify(sent)
  assertNoAttemptBurnt(got.deliveries)
}

async function closeReleasesWhatIsHeld(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic)
  const holding = await scene.consume(group, { handle: () => undefined })
  const sent = scene.messages(topic, 20)
  await scene.publish(sent)
  await holding.gets(sent)
  const next = await scene.consume(group)
  await holding.close()
  await next.completes(sent)
  assertNoAttemptBurnt(next.deliveries)
}

function assertNoAttemptBurnt(deliveries: readonly Delivery[]): void {
  for (const { message, attempt } of deliveries) assert.equal(attempt, 1, `${message.id} came as attempt ${attempt}`)
}

const clauses: readonly Clause[] = [
  clause('C27', 'a group goes on when its member closes and another starts, three times', startsAgain),
  clause('C27', 'a member that only publishes starts and closes three times', publishOnlyStartsAgain),
  clause('C27', 'a closed transport is down, refuses to publish and to subscribe, and closes again', closedRefuses),
  clause('C30', '5,000 messages survive five open and close cycles of their consumer', closeCyclesLoseNothing),
  clause('C31', 'a member that comes after ten closed at once gets all 50 messages', concurrentClose),
  clause('C32', 'aborting a subscription closes it, and another gets all 20 messages', abortCloses),
  clause('C32', 'a subscription whose signal is aborted already takes nothing', abortedBeforeIsNoMember),
  clause('C34', 'settling, stopping and closing twice do nothing the second time', twiceIsOnce),
  clause('C34', 'a list that names a delivery twice settles it once', sameListTwice),
  clause('C54', 'a stopped subscription keeps what it yielded and burns no attempt of the rest', stopKeepsWhatIsHeld),
  clause('C54', 'what arrives after stop() is released to the peers within a second', lateArrivalsAreReleased),
  clause('C54', 'close() gives back what is unsettled and burns no attempt', closeReleasesWhatIsHeld),
]

export const lifecycle: Family = { title: 'lifecycle', clauses }
