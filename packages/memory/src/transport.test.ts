import { describe, expect, it } from 'vitest'
import { ids, message, opened, reader } from '../test/stage.ts'
import { createMemoryBroker } from './memory-broker.ts'
import { memoryTransport, transportFromUrl } from './transport.ts'

const clicks = { name: 'counters', topics: ['clicks'], ordered: false } as const

describe('memoryTransport', () => {
  it('delivers what was published, as it was published', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    const sent = [
      message('1', { key: 'Zoë 😀' }),
      message('2', { body: null }),
      message('3', { body: new Uint8Array() }),
    ]
    expect(await transport.publish(sent)).toEqual([{ accepted: true }, { accepted: true }, { accepted: true }])
    const got = (await billing.take(3)).map((delivery) => delivery.message)
    expect(got.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(sent)
  })

  it('shares nothing with its publisher, between groups, or between two deliveries of one message', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    const shipping = await reader(transport, { name: 'shipping' })
    const headers = new Map([['ce_type', 'order.created']])
    const body = Uint8Array.of(1, 2, 3)
    await transport.publish([message('1', { headers, body })])
    headers.set('ce_type', 'changed')
    body.fill(9)
    const first = await billing.take(1)
    for (const { message } of first) {
      ;(message.headers as Map<string, string>).clear()
      message.body?.fill(7)
    }
    await billing.settle('release', first)
    for (const [delivery] of [await billing.take(1), await shipping.take(1)]) {
      expect(delivery?.message).toEqual(message('1', { body: Uint8Array.of(1, 2, 3) }))
    }
  })

  it('yields deliveries that survive a structured clone without their bookkeeping', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish([message('1', { key: 'a' })])
    const [delivery] = await billing.take(1)
    const { lease: _lease, ...plain } = { ...delivery }
    expect(Object.keys(plain).toSorted()).toEqual(['attempt', 'message', 'partition', 'redelivered'])
    expect(structuredClone(plain).message).toEqual(message('1', { key: 'a' }))
    expect(() => JSON.stringify(delivery)).not.toThrow()
  })

  it('takes a delivery that it did not make for lost', async () => {
    const transport = await opened()
    const billing = await reader(transport)
    await transport.publish([message('1')])
    const [delivery] = await billing.take(1)
    const copy = structuredClone({ ...delivery, lease: undefined }) as never
    expect(await billing.settle('ack', [copy])).toEqual(['lost'])
  })

  it('keeps what it has over close and connect, positions included', async () => {
    const broker = createMemoryBroker()
    const first = await opened({ broker })
    const billing = await reader(first)
    await first.publish([message('1', { key: 'a' }), message('2', { key: 'a' })])
    const [one] = await billing.take(2)
    await billing.settle('ack', one ? [one] : [])
    await first.close()
    const second = await opened({ broker })
    expect(ids(await (await reader(second)).take(1))).toEqual(['2'])
    await first.connect()
    expect(await first.publish([message('3')])).toEqual([{ accepted: true }])
  })

  it('names one broker by one URL', async () => {
    const [a, b, other] = [transportFromUrl('memory:'), transportFromUrl('memory:'), transportFromUrl('memory:other')]
    expect(a.broker).toBe(b.broker)
    expect(a.broker).not.toBe(other.broker)
    expect(transportFromUrl('memory:other').broker).toBe(other.broker)
    expect(() => transportFromUrl('memory:a/b?c')).toThrow(expect.objectContaining({ code: 'invalid-url' }))
  })

  it('refuses calls before connect and after close', async () => {
    const transport = memoryTransport()
    await expect(transport.publish([])).rejects.toMatchObject({ code: 'transport-closed' })
    await transport.connect()
    await transport.close()
    await transport.close()
    await expect(transport.publish([])).rejects.toMatchObject({ code: 'transport-closed' })
    await expect(reader(transport)).rejects.toMatchObject({ code: 'transport-closed' })
    await expect(transport.deadLetters('billing').count()).rejects.toMatchObject({ code: 'transport-closed' })
    expect(await transport.probe()).toMatchObject({ status: 'down' })
  })

  it('refuses a broker that is not one', () => {
    expect(() => memoryTransport({ broker: {} as never })).toThrow(TypeError)
  })

  it('bounds a batch by messages and by bytes, but for one message alone', async () => {
    const transport = await opened()
    const billing = await reader(transport, { ...clicks, prefetch: 3, prefetchBytes: 20 })
    const sized = (id: string, bytes: number) => message(id, { topic: 'clicks', body: new Uint8Array(bytes) })
    await transport.publish([sized('1', 5), sized('2', 5), sized('3', 5), sized('4', 5), sized('5', 30), sized('6', 1)])
    expect(ids(await billing.next())).toEqual(['1', '2', '3'])
    expect(ids(await billing.next())).toEqual(['4'])
    expect(ids(await billing.next())).toEqual(['5'])
    expect(ids(await billing.next())).toEqual(['6'])
  })

  it('gives each waiting member of an unordered group a share', async () => {
    const transport = await opened()
    const [one, two] = [await reader(transport, clicks), await reader(transport, clicks)]
    const pulls = [one.next(), two.next()]
    await transport.publish(Array.from({ length: 10 }, (_, i) => message(`${i}`, { topic: 'clicks' })))
    const shares = (await Promise.all(pulls)).map(({ length }) => length)
    expect(shares).toEqual([5, 5])
  })

  it('goes on with a new loop over the same subscription after a break', async () => {
    const transport = await opened()
    const { subscription } = await reader(transport, { prefetch: 1 })
    await transport.publish([message('1', { key: 'a' }), message('2', { key: 'a' })])
    const got: string[] = []
    for (let loop = 0; loop < 2; loop++) {
      for await (const batch of subscription) {
        got.push(...ids(batch))
        break
      }
    }
    expect(got).toEqual(['1', '2'])
  })
})
