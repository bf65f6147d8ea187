import { describe, expect, it } from 'vitest'
import { ids, message, opened, reader } from '../test/stage.ts'
import { createVirtualClock } from './virtual-clock.ts'

const counters = { name: 'counters', topics: ['clicks'], ordered: false } as const

describe('like', () => {
  it.each(['rabbitmq', 'sqs'] as const)('%s keeps no history', async (like) => {
    const transport = await opened({ like })
    await transport.publish([message('1')])
    await expect(reader(transport, { startAt: 'earliest' })).rejects.toMatchObject({ code: 'unsupported' })
    const billing = await reader(transport)
    expect(await billing.silent()).toBe(true)
    await transport.publish([message('2')])
    expect(ids(await billing.next())).toEqual(['2'])
  })

  it.each([
    ['kafka', undefined],
    ['sqs', undefined],
    ['redis', true],
    ['rabbitmq', true],
  ] as const)('%s tells of a message that nobody hears: %s', async (like, unheard) => {
    const transport = await opened({ like })
    const [outcome] = await transport.publish([message('1')])
    expect(outcome).toEqual(unheard ? { accepted: true, unheard } : { accepted: true })
  })

  it('sqs refuses what is larger than it takes, and its neighbour is accepted', async () => {
    const transport = await opened({ like: 'sqs' })
    const outcomes = await transport.publish([message('1', { body: new Uint8Array(262_144) }), message('2')])
    expect(outcomes).toMatchObject([{ accepted: false, error: { code: 'message-too-large' } }, { accepted: true }])
  })

  it('sqs delays no retry by less than a second', async () => {
    const clock = createVirtualClock()
    const transport = await opened({ like: 'sqs', clock })
    const group = await reader(transport, counters)
    await transport.publish([message('1', { topic: 'clicks' })])
    const held = await group.take(1)
    await group.subscription.settle(held.map((delivery) => ({ delivery, as: 'retry', delayMs: 5, attempt: 2 })))
    await clock.advance(999)
    expect(await group.silent()).toBe(true)
    await clock.advance(1)
    expect(await group.next()).toMatchObject([{ attempt: 2 }])
  })

  it('rabbitmq forgets in-place attempts with the member', async () => {
    const transport = await opened({ like: 'rabbitmq' })
    expect((await reader(transport)).subscription.note).toBeUndefined()
    expect((await reader(await opened())).subscription.note).toBeDefined()
  })

  it('leaves the size to the option', async () => {
    const transport = await opened({ like: 'sqs', maxMessageBytes: 100 })
    expect(await transport.connect()).toMatchObject({ maxMessageBytes: 100, history: false })
  })
})
