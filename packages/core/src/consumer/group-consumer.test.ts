import { createMemoryBroker, memoryTransport } from '@eventspine/memory'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Bus } from '../bus/bus.ts'
import { createBus } from '../bus/create-bus.ts'
import { defineEvent } from '../event/define-event.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { layered, layeredSubscription } from '../testing/transport/bus/layered-transport.ts'
import type { DeadLetter } from '../transport/dead-letters.ts'
import { NonRetryableError } from './errors.ts'
import { handle } from './handler.ts'
import type { ConsumerOptions } from './options.ts'
import { ReleaseError } from './release-error.ts'

const Counted = defineEvent('counted', {
  schema: z.object({ key: z.string(), n: z.number() }),
  key: (data) => data.key,
})
const Other = defineEvent('other', { schema: z.object({ key: z.string() }), key: (data) => data.key, topic: 'counted' })
const Loose = defineEvent('loose', { schema: z.object({ n: z.number() }) })

const quiet = { info() {}, warn() {}, error() {} }

async function setUp() {
  const clock = createManualClock()
  const broker = createMemoryBroker({ clock, partitions: 4 })
  const bus = await createBus({ source: '/test', transport: memoryTransport({ broker }), clock, logger: quiet })
  return { clock, broker, bus }
}

type Options = Omit<ConsumerOptions, 'on' | 'group'>
type Body = (n: number, key: string, attempt: number, signal: AbortSignal) => unknown

function subscribe(bus: Bus, body: Body, options: Options = {}) {
  return bus.subscribe({
    group: 'g',
    ...options,
    on: [handle(Counted, ({ data }, context) => body(data.n, data.key, context.attempt, context.signal))],
  })
}

const publish = (bus: Bus, ...events: [string, number][]) =>
  Promise.all(events.map(([key, n]) => bus.publish(Counted, { key, n })))

async function letters(bus: Bus): Promise<DeadLetter[]> {
  const all: DeadLetter[] = []
  for await (const letter of bus.deadLetters('g').browse()) all.push(letter)
  return all
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('a consumer', () => {
  it('keeps the order of each key and runs keys side by side', async () => {
    const { bus } = await setUp()
    const seen = new Map<string, number[]>()
    let running = 0
    let most = 0
    subscribe(bus, async (n, key) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, n % 3))
      running--
      seen.set(key, [...(seen.get(key) ?? []), n])
    })
    await bus.start()
    const keys = ['a', 'b', 'c', 'd']
    await publish(bus, ...Array.from({ length: 200 }, (_, n): [string, number] => [keys[n % 4] as string, n]))
    await until(() => [...seen.values()].flat().length === 200)
    for (const list of seen.values()) expect(list).toEqual(list.toSorted((a, b) => a - b))
    expect(most).toBe(4)
    await bus.stop()
  })

  it('runs at most as many handlers as it may, raised and lowered while it works', async () => {
    const { bus } = await setUp()
    let running = 0
    let most = 0
    let release: (() => void)[] = []
    const consumer = subscribe(
      bus,
      () => {
        most = Math.max(most, ++running)
        return new Promise<void>((resolve) => release.push(resolve)).finally(() => running--)
      },
      { concurrency: 2, prefetch: 2 },
    )
    await bus.start()
    await publish(bus, ...Array.from({ length: 12 }, (_, n): [string, number] => [`k${n}`, n]))
    await until(() => running === 2)
    await settle()
    expect(most).toBe(2)
    consumer.concurrency = 5
    await until(() => running === 5)
    consumer.concurrency = 1
    for (const each of release.splice(0)) each()
    await until(() => running === 1)
    await settle()
    expect(running).toBe(1)
    consumer.concurrency = 20
    while (consumer.counts.handled < 12) {
      for (const each of release) each()
      release = []
      await settle()
    }
    expect(() => {
      consumer.concurrency = 0
    }).toThrow(expect.objectContaining({ code: 'invalid-consumer' }))
    await bus.stop()
  })

  it('runs a failed event of an ordered group again in place, holding its key and nobody else', async () => {
    const { bus, clock } = await setUp()
    const seen: string[] = []
    subscribe(bus, (n, key, attempt) => {
      seen.push(`${key}${n}#${attempt}`)
      if (key === 'a' && attempt < 3) throw new Error('not yet')
    })
    await bus.start()
    await publish(bus, ['a', 1], ['a', 2], ['b', 1], ['b', 2])
    await until(() => seen.length === 3)
    await settle()
    expect(seen.toSorted()).toEqual(['a1#1', 'b1#1', 'b2#1'])
    await clock.advance(120)
    await until(() => seen.includes('a1#2'))
    expect(seen).not.toContain('a2#1')
    await clock.advance(240)
    await until(() => seen.includes('a1#3'))
    await clock.advance(0)
    await until(() => seen.includes('a2#1'))
    await bus.stop()
  })

  it('hands a failed event of an unordered group to the broker with its next attempt number', async () => {
    const { bus, clock } = await setUp()
    const seen: number[] = []
    const consumer = bus.subscribe({
      group: 'g',
      on: [
        handle(Loose, (_event, { attempt }) => {
          seen.push(attempt)
          if (attempt < 3) throw new Error('not yet')
        }),
      ],
    })
    await bus.start()
    await bus.publish(Loose, { n: 1 })
    await until(() => seen.length === 1)
    await settle()
    expect(consumer.counts.held).toBe(0)
    await clock.advance(120)
    await until(() => seen.length === 2)
    await settle()
    await clock.advance(240)
    await until(() => seen.length === 3)
    expect(seen).toEqual([1, 2, 3])
    await bus.stop()
  })

  it('dead-letters after the last attempt with what failed, and lets the successors flow', async () => {
    const { bus, clock } = await setUp()
    const seen: number[] = []
    subscribe(
      bus,
      (n) => {
        seen.push(n)
        if (n === 1) throw new TypeError('never')
      },
      { retry: { attempts: 2, backoff: { initialMs: 10, jitter: 0 } } },
    )
    await bus.start()
    await publish(bus, ['a', 1], ['a', 2])
    await until(() => seen.length === 1)
    await settle()
    await clock.advance(10)
    await until(() => seen.includes(2))
    expect(seen).toEqual([1, 1, 2])
    const [letter] = await letters(bus)
    expect(letter?.failure).toMatchObject({
      code: 'handler-failed',
      name: 'TypeError',
      message: 'never',
      attempts: 2,
      group: 'g',
    })
    expect(letter?.message.key).toBe('a')
    await bus.stop()
  })

  it('dead-letters at once what is not retryable, by class or by decision', async () => {
    const { bus } = await setUp()
    let runs = 0
    subscribe(bus, (n) => {
      runs++
      throw n === 1 ? new NonRetryableError('no') : Object.assign(new Error('no'), { retryable: false })
    })
    await bus.start()
    await publish(bus, ['a', 1], ['a', 2])
    await until(() => runs === 2)
    await settle()
    expect((await letters(bus)).map((letter) => letter.failure.attempts)).toEqual([1, 1])
    await bus.stop()
  })

  it('dead-letters what it cannot read without running a handler, and the next event flows', async () => {
    const { bus, broker } = await setUp()
    const seen: number[] = []
    const consumer = subscribe(bus, (n) => void seen.push(n), { retry: { decide: () => 'retry' } })
    await bus.start()
    const raw = memoryTransport({ broker })
    await raw.connect()
    const headers = new Map([
      ['ce_specversion', '1.0'],
      ['ce_id', 'x'],
      ['ce_source', '/test'],
      ['ce_type', 'counted'],
      ['content-type', 'application/json'],
    ])
    const bad = (body: string) => ({
      topic: 'counted',
      id: body,
      source: '/test',
      key: 'a',
      headers,
      body: new TextEncoder().encode(body),
    })
    await raw.publish([bad('{'), bad('{"key":"a","n":"seven"}')])
    await publish(bus, ['a', 3])
    await until(() => seen.length === 1)
    await settle()
    const found = (await letters(bus)).map(({ failure }) => [failure.code, failure.attempts])
    expect(found).toEqual([
      ['undecodable', 0],
      ['invalid-data', 0],
    ])
    expect(consumer.counts).toMatchObject({ handled: 1, deadLettered: 2, retried: 0 })
    await bus.stop()
  })

  it('acks and counts what it can read but does not handle', async () => {
    const { bus } = await setUp()
    const consumer = subscribe(bus, () => {})
    await bus.start()
    await bus.publish(Other, { key: 'a' })
    await publish(bus, ['a', 1])
    await until(() => consumer.counts.handled === 1)
    expect(consumer.counts).toMatchObject({ skipped: 1, deadLettered: 0 })
    await bus.stop()
  })

  it('shows an attempt nothing of what the one before did to its event', async () => {
    const { bus, clock } = await setUp()
    const seen: unknown[] = []
    bus.subscribe({
      group: 'g',
      retry: { attempts: 2, backoff: { initialMs: 10, jitter: 0 } },
      on: [
        handle(Counted, (event) => {
          seen.push({ type: event.type, data: { ...event.data } })
          Object.assign(event, { type: 'spoilt' })
          event.data.n = 0
          throw new Error('spoilt')
        }),
      ],
    })
    await bus.start()
    await publish(bus, ['a', 1])
    await until(() => seen.length === 1)
    await settle()
    await clock.advance(10)
    await until(() => seen.length === 2)
    expect(seen[1]).toEqual({ type: 'counted', data: { key: 'a', n: 1 } })
    await bus.stop()
  })

  it('takes nothing while it is paused and goes on where it was', async () => {
    const { bus } = await setUp()
    const seen: number[] = []
    const consumer = subscribe(bus, (n) => void seen.push(n))
    await bus.start()
    consumer.pause()
    expect(consumer.state).toBe('paused')
    await publish(bus, ['a', 1], ['b', 2])
    await settle()
    expect(seen).toEqual([])
    consumer.resume()
    await until(() => seen.length === 2)
    expect(consumer.state).toBe('running')
    await bus.stop()
  })

  it('lets running handlers finish when it stops and gives back what only waits, no attempt burnt', async () => {
    const { bus } = await setUp()
    const attempts: number[] = []
    let finish: (() => void) | undefined
    const consumer = subscribe(bus, (n, _key, attempt, signal) => {
      attempts.push(attempt)
      if (n === 1 && finish === undefined) {
        return new Promise<void>((resolve) => {
          finish = () => {
            expect(signal.aborted).toBe(false)
            resolve()
          }
        })
      }
      return undefined
    })
    await bus.start()
    await publish(bus, ['a', 1], ['a', 2], ['a', 3])
    await until(() => finish !== undefined)
    const stopped = bus.stop()
    await settle()
    finish?.()
    await stopped
    expect(consumer.counts).toMatchObject({ handled: 1, released: 2, held: 0, running: 0 })
    await bus.start()
    await until(() => consumer.counts.handled === 3)
    expect(attempts).toEqual([1, 1, 1])
    await bus.stop()
  })

  it('aborts what still runs when the grace is over, and burns no attempt on it', async () => {
    const { bus, clock } = await setUp()
    const attempts: number[] = []
    let reason: unknown
    const consumer = subscribe(bus, (_n, _key, attempt, signal) => {
      attempts.push(attempt)
      if (attempts.length > 1) return
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
          reject(new Error('interrupted'))
        })
      })
    })
    await bus.start()
    await publish(bus, ['a', 1])
    await until(() => attempts.length === 1)
    const stopped = bus.stop({ graceMs: 500 })
    await settle()
    await clock.advance(500)
    await stopped
    expect(reason).toMatchObject({ code: 'consumer-stopped' })
    expect(consumer.counts).toMatchObject({ handled: 0, retried: 0, released: 1 })
    await bus.start()
    await until(() => consumer.counts.handled === 1)
    expect(attempts).toEqual([1, 1])
    await bus.stop()
  })

  it('leaves behind a handler that ignores its signal, so that a stop always ends', async () => {
    const { bus, clock } = await setUp()
    let started = false
    subscribe(bus, () => {
      started = true
      return new Promise(() => {})
    })
    await bus.start()
    await publish(bus, ['a', 1])
    await until(() => started)
    const stopped = bus.stop({ graceMs: 100 })
    await settle()
    await clock.advance(100)
    await settle()
    await clock.advance(1_000)
    await stopped
    expect(clock.pending).toBe(0)
  })

  it('gives a released delivery back with its whole lane, in order and without an attempt', async () => {
    const { bus } = await setUp()
    const seen: string[] = []
    let refusals = 2
    const consumer = subscribe(bus, (n, _key, attempt) => {
      seen.push(`${n}#${attempt}`)
      if (n === 1 && refusals-- > 0) throw new ReleaseError('not now')
    })
    await bus.start()
    await publish(bus, ['a', 1], ['a', 2], ['a', 3])
    await until(() => consumer.counts.handled === 3)
    expect(seen).toEqual(['1#1', '1#1', '1#1', '2#1', '3#1'])
    expect(consumer.counts.retried).toBe(0)
    await bus.stop()
  })

  it('closes a subscription that comes only after the stop', async () => {
    const { bus, broker } = await setUp()
    await bus.start()
    const consumer = subscribe(bus, () => {})
    const stopped = bus.stop()
    await stopped
    await settle()
    expect([consumer.state, consumer.counts.held]).toEqual(['stopped', 0])
    const other = memoryTransport({ broker })
    await other.connect()
    const subscription = await other.subscribe({
      group: { name: 'g', topics: ['counted'], ordered: true, startAt: 'available' },
      prefetch: 10,
      prefetchBytes: 1_000,
      leaseMs: 1_000,
    })
    // Nobody else holds the group's partitions.
    await other.publish([{ topic: 'counted', id: '1', source: '/test', key: 'a', headers: new Map(), body: null }])
    const { value } = await subscription[Symbol.asyncIterator]().next()
    expect(value).toHaveLength(1)
    await other.close()
  })

  it('goes on with a new subscription when the broken one cannot even be closed', async () => {
    const broker = createMemoryBroker()
    const memory = memoryTransport({ broker })
    let breaks: ((error: Error) => void) | undefined
    const transport = layered(memory, {
      subscribe: async (options) => {
        const subscription = await memory.subscribe(options)
        if (breaks !== undefined) return subscription
        const broken = new Promise<never>((_resolve, reject) => {
          breaks = reject
        })
        return layeredSubscription(subscription, {
          [Symbol.asyncIterator]: () => ({ next: () => broken }),
          close: async () => {
            await subscription.close()
            throw new Error('gone with its connection')
          },
        })
      },
    })
    const bus = await createBus({ source: '/test', transport, logger: quiet })
    const consumer = subscribe(bus, () => {})
    await bus.start()
    await publish(bus, ['a', 1])
    breaks?.(new Error('broken'))
    await until(() => consumer.counts.handled === 1)
    expect(consumer.state).toBe('running')
    await bus.stop()
  })

  it('refuses options that cannot work', async () => {
    const { bus } = await setUp()
    const invalid = expect.objectContaining({ code: 'invalid-consumer' })
    expect(() => bus.subscribe({ group: 'g', on: [] })).toThrow(invalid)
    expect(() => bus.subscribe({ group: 'g', on: [handle(Other, () => {}), handle(Other, () => {})] })).toThrow(invalid)
    for (const options of [{ concurrency: 0 }, { prefetch: 1.5 }, { leaseMs: -1 }, { retry: { attempts: 0 } }]) {
      expect(() => subscribe(bus, () => {}, options)).toThrow(invalid)
    }
  })
})
