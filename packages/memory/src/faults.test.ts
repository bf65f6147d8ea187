import type { Delivery } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { failure, fourKeys, ids, message, ofKey, opened, reader } from '../test/stage.ts'
import { createVirtualClock } from './virtual-clock.ts'

const kinds = async (transport: Awaited<ReturnType<typeof opened>>): Promise<string[]> =>
  (await transport.probe()).incidents.map(({ kind }) => kind)

describe('failPublish', () => {
  it('refuses so many messages, and the rest of their key in that call', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    transport.faults.failPublish({ key: 'a' })
    const outcomes = await transport.publish([...ofKey('a', 2), ...ofKey('b', 1)])
    expect(outcomes).toMatchObject([
      { accepted: false, error: { code: 'publish-failed', retryable: true } },
      { accepted: false },
      { accepted: true },
    ])
    expect(ids(await billing.next())).toEqual(['b0'])
    expect(await transport.publish(ofKey('a', 2))).toMatchObject([{ accepted: true }, { accepted: true }])
  })

  it('refuses one alone where the broker does not take a key atomically', async () => {
    const transport = await opened({ like: 'rabbitmq' })
    transport.faults.failPublish({ match: ({ id }) => id === 'a0' })
    expect(await transport.publish(ofKey('a', 2))).toMatchObject([{ accepted: false }, { accepted: true }])
  })

  it.each([
    [true, ['a0']],
    [false, []],
  ])('leaves an outcome unknown, the message accepted: %s', async (accepted, arrived) => {
    const transport = await opened()
    const billing = await reader(transport)
    transport.faults.failPublish({ outcome: 'unknown', accepted })
    expect(await transport.publish(ofKey('a', 2))).toMatchObject([{ accepted: 'unknown' }, { accepted: false }])
    await transport.publish(ofKey('z', 1))
    const got = await billing.take(arrived.length + 1)
    expect(ids(got).toSorted()).toEqual([...arrived, 'z0'])
  })

  it('can be disarmed', async () => {
    const transport = await opened()
    transport.faults.failPublish({ times: Number.POSITIVE_INFINITY })
    expect(await transport.publish([message('1')])).toMatchObject([{ accepted: false }])
    transport.faults.clear()
    expect(await transport.publish([message('1')])).toMatchObject([{ accepted: true }])
  })
})

describe('delayPublish', () => {
  it('keeps what comes later behind it, and close() waits for all', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const peer = await opened({ broker: transport.broker })
    transport.faults.delayPublish({ delayMs: 100 })
    const calls = [transport.publish([message('1', { key: 'a' })]), transport.publish([message('2', { key: 'a' })])]
    const billing = await reader(peer)
    expect(await billing.silent()).toBe(true)
    const closed = transport.close()
    await clock.advance(100)
    await closed
    expect(await Promise.all(calls)).toMatchObject([[{ accepted: true }], [{ accepted: true }]])
    expect(ids(await billing.take(2))).toEqual(['1', '2'])
  })

  it('sends nothing when its signal aborts meanwhile', async () => {
    const transport = await opened({ clock: createVirtualClock() })
    transport.faults.delayPublish({ delayMs: 100 })
    const abort = new AbortController()
    const call = transport.publish([message('1')], { signal: abort.signal })
    await Promise.resolve()
    abort.abort()
    await expect(call).rejects.toThrow('abort')
    const billing = await reader(transport)
    expect(await billing.silent()).toBe(true)
  })
})

describe('failSettle and failDeadLetter', () => {
  it('leave the deliveries unsettled and ours', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish(ofKey('a', 1))
    const [delivery] = (await billing.take(1)) as [Delivery]
    transport.faults.failSettle()
    await expect(billing.settle('ack', [delivery])).rejects.toMatchObject({ code: 'broker-error' })
    transport.faults.failDeadLetter({ group: 'billing' })
    const bury = () => billing.subscription.settle([{ delivery, as: 'dead-letter', failure }])
    await expect(bury()).rejects.toMatchObject({ code: 'broker-error', retryable: true })
    expect(await transport.deadLetters('billing').count()).toBe(0)
    expect(delivery.lease.aborted).toBe(false)
    expect(await bury()).toEqual(['settled'])
    expect(await transport.deadLetters('billing').count()).toBe(1)
  })
})

describe('crash', () => {
  it('releases nothing before the lease is over, then everything, in order', async () => {
    const clock = createVirtualClock()
    const doomed = await opened({ clock })
    const peer = await opened({ broker: doomed.broker })
    const dying = await reader(doomed, { leaseMs: 1_000 })
    const [a = ''] = fourKeys
    await peer.publish(ofKey(a, 3))
    const held = await dying.take(3)
    await dying.settle('ack', held.slice(0, 1))
    const heir = await reader(peer)
    doomed.faults.crash()
    expect(await dying.next()).toEqual([])
    await expect(dying.settle('ack', held)).rejects.toMatchObject({ code: 'connection-failed' })
    await expect(doomed.publish([message('1')])).rejects.toMatchObject({ code: 'connection-failed' })
    await clock.advance(999)
    expect(await heir.silent()).toBe(true)
    expect(held[1]?.lease.aborted).toBe(false)
    await clock.advance(1)
    expect(held[1]?.lease.aborted).toBe(true)
    expect(await heir.next()).toMatchObject([
      { message: { id: `${a}1` }, attempt: 1, redelivered: 1 },
      { message: { id: `${a}2` }, attempt: 1, redelivered: 1 },
    ])
    await doomed.close()
    await doomed.connect()
    expect(await doomed.publish([message('1')])).toMatchObject([{ accepted: true }])
  })
})

describe('pause', () => {
  it('fences an owner that sleeps longer than its lease, and takes it back when it wakes', async () => {
    const clock = createVirtualClock()
    const owner = await opened({ clock })
    const peer = await opened({ broker: owner.broker })
    const sleeper = await reader(owner, { leaseMs: 1_000 })
    await peer.publish(ofKey('a', 2))
    const held = await sleeper.take(2)
    const heir = await reader(peer)
    owner.faults.pause()
    const settling = sleeper.settle('ack', held)
    const publishing = owner.publish([message('late', { key: 'a' })])
    expect(await owner.probe()).toMatchObject({ status: 'down' })
    await clock.advance(3_000)
    const taken = await heir.next()
    expect(ids(taken)).toEqual(['a0', 'a1'])
    expect(held[0]?.lease.aborted).toBe(true)
    owner.faults.resume()
    expect(await settling).toEqual(['lost', 'lost'])
    expect(await publishing).toEqual([{ accepted: true }])
    expect(await kinds(owner)).toEqual(['disconnected', 'reconnected'])
    expect(await heir.settle('ack', taken)).toEqual(['settled', 'settled'])
  })

  it('changes nothing when it is shorter than the lease', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const billing = await reader(transport, { leaseMs: 1_000 })
    await transport.publish(ofKey('a', 1))
    const held = await billing.take(1)
    transport.faults.pause()
    await clock.advance(900)
    transport.faults.resume()
    await clock.advance(10_000)
    expect(await billing.settle('ack', held)).toEqual(['settled'])
  })
})

describe('restart', () => {
  it('drops connections, keeps state, and calls wait until the broker is back', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const billing = await reader(transport)
    await transport.publish(ofKey('a', 2))
    const held = await billing.take(2)
    await billing.settle('ack', held.slice(0, 1))
    const restarted = transport.faults.restart({ downMs: 500 })
    expect(held[1]?.lease.aborted).toBe(true)
    expect(await transport.probe()).toMatchObject({ status: 'down' })
    await expect(opened({ broker: transport.broker })).rejects.toMatchObject({ code: 'connection-failed' })
    const publishing = transport.publish([message('a2', { key: 'a' })])
    const settling = billing.settle('ack', held)
    expect(await billing.silent()).toBe(true)
    await clock.advance(500)
    await restarted
    expect(await publishing).toEqual([{ accepted: true }])
    expect(await settling).toEqual(['settled', 'lost'])
    expect(ids(await billing.take(2))).toEqual(['a1', 'a2'])
    expect(await kinds(transport)).toEqual(['disconnected', 'reconnected'])
  })

  it('does not keep close() from closing', async () => {
    const transport = await opened({ clock: createVirtualClock() })
    void transport.faults.restart({ downMs: 1_000_000 })
    const publishing = transport.publish([message('1')])
    await transport.close()
    await expect(publishing).rejects.toMatchObject({ code: 'transport-closed' })
  })
})

describe('blackHole', () => {
  it('ends when the transport notices, and what it held comes again', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    const billing = await reader(transport, { leaseMs: 60_000 })
    await transport.publish(ofKey('a', 1))
    await billing.take(1)
    transport.faults.blackHole({ noticedAfterMs: 200 })
    const publishing = transport.publish([message('a1', { key: 'a' })])
    await clock.advance(200)
    await publishing
    expect(ids(await billing.take(2))).toEqual(['a0', 'a1'])
  })

  it('lasts until it is healed otherwise', async () => {
    const transport = await opened()
    transport.faults.blackHole()
    const publishing = transport.publish([message('1')])
    expect(await transport.probe()).toMatchObject({ status: 'down' })
    transport.faults.heal()
    expect(await publishing).toEqual([{ accepted: true, unheard: true }])
    expect(await transport.probe()).toMatchObject({ status: 'up' })
  })
})

describe('dropAnswers', () => {
  it('sends again what was not confirmed: duplicates, no loss, no inversion', async () => {
    const transport = await opened()
    const peer = await opened({ broker: transport.broker })
    const billing = await reader(peer)
    transport.faults.dropAnswers({ ratio: 0.5, seed: 7 })
    for (let i = 0; i < 20; i++) await transport.publish([message(`${i}`, { key: 'a' })])
    transport.faults.heal()
    await transport.publish([message('20', { key: 'a' })])
    const got: string[] = []
    while (!got.includes('20')) got.push(...ids(await billing.next()))
    expect(got.length).toBeGreaterThan(25)
    expect([...new Set(got)]).toEqual(Array.from({ length: 21 }, (_, i) => `${i}`))
  })
})

describe('revokeGroup', () => {
  it('is told of, mended, and the same iterator goes on', async () => {
    const transport = await opened()
    const billing = await reader(transport, { startAt: 'latest' })
    await transport.publish(ofKey('a', 1))
    const held = await billing.take(1)
    expect(await billing.silent()).toBe(true)
    transport.faults.revokeGroup('billing')
    expect(held[0]?.lease.aborted).toBe(true)
    await Promise.resolve()
    expect(await kinds(transport)).toEqual(['revoked', 'recreated'])
    expect(await billing.settle('ack', held)).toEqual(['lost'])
    await transport.publish([message('after', { key: 'a' })])
    expect(ids(await billing.next())).toEqual(['after'])
  })

  it('keeps no more than the last twenty incidents', async () => {
    const transport = await opened()
    for (let i = 0; i < 30; i++) transport.faults.reset()
    expect((await transport.probe()).incidents).toHaveLength(20)
  })
})
