import type { DeadLetter, Delivery } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { failure, ids, message, ofKey, opened, type Reader, reader } from '../test/stage.ts'
import type { MemoryTransport } from './transport.ts'

const bury = ({ subscription }: Reader, deliveries: readonly Delivery[]) =>
  subscription.settle(deliveries.map((delivery) => ({ delivery, as: 'dead-letter', failure })))

async function withLetters(count: number, like?: 'rabbitmq'): Promise<{ transport: MemoryTransport; billing: Reader }> {
  const transport = await opened(like === undefined ? {} : { like })
  const billing = await reader(transport)
  await transport.publish(ofKey('a', count))
  await bury(billing, await billing.take(count))
  return { transport, billing }
}

const all = async (letters: AsyncIterable<DeadLetter>): Promise<DeadLetter[]> => {
  const found: DeadLetter[] = []
  for await (const letter of letters) found.push(letter)
  return found
}

describe('dead letters', () => {
  it('show the message as it was delivered, why it failed, and hop 0', async () => {
    const { transport } = await withLetters(1)
    expect(await all(transport.deadLetters('billing').browse())).toEqual([
      { message: message('a0', { key: 'a' }), failure, hop: 0 },
    ])
    expect(await transport.deadLetters('shipping').count()).toBe(0)
  })

  it('are browsed by match and limit, as copies', async () => {
    const { transport } = await withLetters(5)
    const letters = transport.deadLetters('billing')
    const some = await all(letters.browse({ limit: 2, match: ({ message: { id } }) => id !== 'a1' }))
    expect(ids(some)).toEqual(['a0', 'a2'])
    for (const { failure } of some) (failure as { code: string }).code = 'changed'
    expect(await all(letters.browse({ limit: 1 }))).toMatchObject([{ failure: { code: 'handler-failed' } }])
    expect(await all(letters.browse({ limit: 0 }))).toEqual([])
  })

  it('let the successors of their key flow', async () => {
    const { transport, billing } = await withLetters(1)
    await transport.publish([message('a1', { key: 'a' })])
    expect(ids(await billing.next())).toEqual(['a1'])
  })

  it('go back to their group only, at attempt 1, one hop further, in order, before what is newer', async () => {
    const { transport, billing } = await withLetters(3)
    const shipping = await reader(transport, { name: 'shipping' })
    await shipping.settle('ack', await shipping.take(3))
    const letters = transport.deadLetters('billing')
    await transport.publish([message('newer', { key: 'a' })])
    expect(await letters.replay(({ message: { id } }) => id !== 'a1')).toBe(2)
    expect(await letters.count()).toBe(1)
    const again = await billing.next()
    expect(ids(again)).toEqual(['a0', 'a2', 'newer'])
    expect(again).toMatchObject([{ attempt: 1, redelivered: 0 }, { attempt: 1 }, {}])
    expect(ids(await shipping.next())).toEqual(['newer'])
    await bury(billing, again.slice(0, 1))
    expect((await all(letters.browse())).map(({ hop }) => hop)).toEqual([0, 1])
  })

  it('are discarded by match, and purged', async () => {
    const { transport } = await withLetters(3)
    const letters = transport.deadLetters('billing')
    expect(await letters.discard(({ message: { id } }) => id === 'a1')).toBe(1)
    expect(ids(await all(letters.browse()))).toEqual(['a0', 'a2'])
    await letters.purge()
    expect(await letters.count()).toBe(0)
    expect(await letters.replay(() => true)).toBe(0)
  })

  it('cut and clean the failure as its headers would', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish(ofKey('a', 1))
    const [delivery] = (await billing.take(1)) as [Delivery]
    const long = { ...failure, message: `\0${'x'.repeat(10_000)}` }
    await billing.subscription.settle([{ delivery, as: 'dead-letter', failure: long }])
    const [letter] = await all(transport.deadLetters('billing').browse())
    expect(letter?.failure.message.startsWith('\ufffdxxx')).toBe(true)
    expect(letter?.failure.message.length).toBeLessThan(2_000)
  })

  it('outlive their group, and have nowhere to go without it', async () => {
    const { transport, billing } = await withLetters(1)
    await billing.subscription.close()
    transport.faults.revokeGroup('billing')
    const letters = transport.deadLetters('billing')
    expect(await letters.count()).toBe(1)
    await expect(letters.replay(() => true)).rejects.toMatchObject({ code: 'broker-error' })
    expect(await letters.count()).toBe(1)
    await reader(transport, { startAt: 'latest' })
    expect(await letters.replay(() => true)).toBe(1)
  })

  it('are hidden from others while somebody looks, where looking locks', async () => {
    const { transport } = await withLetters(2, 'rabbitmq')
    const letters = transport.deadLetters('billing')
    const look = letters.browse()
    const iterator = look[Symbol.asyncIterator]()
    await iterator.next()
    expect(await letters.count()).toBe(0)
    expect(await all(letters.browse())).toEqual([])
    await iterator.return?.()
    expect(await letters.count()).toBe(2)
  })
})
