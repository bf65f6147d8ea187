import type { Delivery } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { failure, message, ofKey, opened, reader } from '../test/stage.ts'
import { createVirtualClock } from './virtual-clock.ts'

const paid = (id: string) => message(id, { headers: new Map([['ce_type', 'order.paid']]) })
const soon = { timeoutMs: 20 }

describe('watch.published', () => {
  it('finds what was published before', async () => {
    const transport = await opened()
    await transport.publish([message('1'), paid('2')])
    expect(await transport.watch.published('order.paid')).toEqual(paid('2'))
    expect(await transport.watch.published({ type: 'order.created' }, ({ id }) => id === '1')).toEqual(message('1'))
  })

  it('waits for what is published later, also under a clock that stands still', async () => {
    const transport = await opened({ clock: createVirtualClock() })
    const waiting = transport.watch.published('order.paid', ({ id }) => id === '3')
    await transport.publish([paid('2')])
    await transport.publish([paid('3')])
    expect((await waiting).id).toBe('3')
  })

  it('counts what is published for later', async () => {
    const transport = await opened({ clock: createVirtualClock() })
    await transport.publish([message('1', { notBefore: Date.UTC(2030, 0, 1) })])
    expect((await transport.watch.published('order.created')).id).toBe('1')
  })

  it('lists what did arrive when time is over, bodies only when asked', async () => {
    const transport = await opened({ clock: createVirtualClock() })
    await transport.publish([...ofKey('a', 7), paid('8')])
    const report = async (showBodies: boolean): Promise<string> => {
      const error = await transport.watch.published('order.shipped', undefined, { ...soon, showBodies }).catch((e) => e)
      expect(error).toMatchObject({ code: 'wait-timeout', retryable: false })
      return error.message
    }
    expect(await report(false)).toBe(
      [
        'Waited 20 ms for order.shipped to be published. Published were 8:',
        '  7 order.created: ids a0, a1, a2, a3, a4, and 2 more; keys a',
        '  1 order.paid: ids 8; keys none',
      ].join('\n'),
    )
    expect(await report(true)).toContain('a0: body of a0')
  })

  it('rejects with what the match throws', async () => {
    const transport = await opened()
    await transport.publish([message('1')])
    const broken = () => {
      throw new RangeError('broken match')
    }
    await expect(transport.watch.published('order.created', broken)).rejects.toThrow('broken match')
  })
})

describe('watch.consumed', () => {
  it('resolves when the group has acked, not when it has only received', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish(ofKey('a', 2))
    const [first, second] = (await billing.take(2)) as [Delivery, Delivery]
    const waiting = transport.watch.consumed('order.created', { group: 'billing', match: ({ id }) => id === 'a1' })
    let done = false
    void waiting.then(() => {
      done = true
    })
    await billing.settle('ack', [first])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(done).toBe(false)
    await billing.settle('ack', [second])
    expect((await waiting).id).toBe('a1')
  })

  it('tells where everything is when time is over', async () => {
    const transport = await opened()
    const billing = await reader(transport, { prefetch: 4 })
    await transport.publish(ofKey('a', 6))
    const [one, two] = (await billing.take(4)) as [Delivery, Delivery]
    await billing.subscription.settle([
      { delivery: one, as: 'ack' },
      { delivery: two, as: 'dead-letter', failure },
    ])
    const waiting = transport.watch.consumed('order.paid', { group: 'billing', ...soon })
    await expect(waiting).rejects.toThrow(
      [
        'It has acked 1:\n  1 order.created: ids a0; keys a',
        'Unsettled in a member: 2:\n  2 order.created: ids a2, a3; keys a',
        'Dead letters: 1:\n  1 order.created: ids a1; keys a',
        'Not delivered: 2.',
      ].join('\n'),
    )
  })

  it('does not take for acked what was dead-lettered, discarded, retried or before the group', async () => {
    const transport = await opened()
    await transport.publish(ofKey('before', 1))
    const billing = await reader(transport, { startAt: 'latest' })
    await transport.publish(ofKey('a', 2))
    const [one, two] = (await billing.take(2)) as [Delivery, Delivery]
    await billing.subscription.settle([
      { delivery: one, as: 'dead-letter', failure },
      { delivery: two, as: 'release' },
    ])
    const error = { code: 'wait-timeout', message: expect.stringContaining('It has acked none.') }
    const wait = () => transport.watch.consumed('order.created', { group: 'billing', ...soon })
    await expect(wait()).rejects.toMatchObject(error)
    await transport.deadLetters('billing').purge()
    await expect(wait()).rejects.toMatchObject(error)
  })

  it('names the groups that there are', async () => {
    const transport = await opened()
    await reader(transport)
    const waiting = transport.watch.consumed('order.created', { group: 'biling', ...soon })
    await expect(waiting).rejects.toThrow('There is no group biling; there is billing.')
  })
})

describe('watch.settled', () => {
  it('resolves when nothing is undelivered, unsettled or delayed', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    await transport.watch.settled(soon)
    const counters = await reader(transport, { name: 'counters', topics: ['clicks'], ordered: false })
    await transport.publish([message('1', { topic: 'clicks' })])
    const open = async (what: string): Promise<void> => {
      await expect(transport.watch.settled(soon)).rejects.toThrow(`group counters: 1 ${what}`)
    }
    await open('not delivered')
    const [delivery] = (await counters.take(1)) as [Delivery]
    await open('unsettled in a member; of these 1:\n  1 order.created: ids 1; keys none')
    await counters.subscription.settle([{ delivery, as: 'retry', delayMs: 1_000, attempt: 2 }])
    await open('delayed')
    await clock.advance(1_000)
    await open('to be delivered again')
    const settled = transport.watch.settled()
    await counters.settle('ack', await counters.take(1))
    await settled
  })

  it('waits for what is published for later', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ clock })
    await transport.publish([message('1', { notBefore: clock.now() + 10 })])
    await expect(transport.watch.settled(soon)).rejects.toThrow('1 published for later')
    await clock.advance(10)
    await transport.watch.settled(soon)
  })
})
