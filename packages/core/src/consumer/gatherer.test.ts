import { createMemoryBroker, memoryTransport } from '@eventspine/memory'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createBus } from '../bus/create-bus.ts'
import { defineEvent } from '../event/define-event.ts'
import type { Event } from '../event/event.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { handleBatch } from './handle-batch.ts'
import { type BatchContext, type BatchResult, handle } from './handler.ts'
import type { Middleware } from './middleware.ts'

const Reading = defineEvent('reading', {
  schema: z.object({ key: z.string(), n: z.number() }),
  key: (data) => data.key,
  topic: 'sensors',
})
const Reset = defineEvent('reset', { schema: z.object({ key: z.string() }), key: (data) => data.key, topic: 'sensors' })
type Readings = readonly Event<'reading', { key: string; n: number }>[]

const quiet = { info() {}, warn() {}, error() {} }
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

async function setUp(
  body: (events: Readings, context: BatchContext) => BatchResult | Promise<BatchResult>,
  options: {
    size?: number
    waitMs?: number
    concurrency?: number
    use?: Middleware[]
    onReset?: (key: string) => void
  } = {},
) {
  const clock = createManualClock()
  const bus = await createBus({
    source: '/test',
    transport: memoryTransport({ broker: createMemoryBroker({ clock }) }),
    clock,
    logger: quiet,
  })
  const consumer = bus.subscribe({
    group: 'g',
    concurrency: options.concurrency ?? 4,
    ...(options.use === undefined ? {} : { use: options.use }),
    on: [
      handleBatch(Reading, body, { size: options.size ?? 10, waitMs: options.waitMs ?? 50 }),
      handle(Reset, ({ data }) => options.onReset?.(data.key)),
    ],
  })
  await bus.start()
  const publish = (...events: [string, number][]) =>
    Promise.all(events.map(([key, n]) => bus.publish(Reading, { key, n })))
  return { clock, bus, consumer, publish }
}

const numbers = (events: Readings): number[] => events.map((event) => event.data.n)
const upTo = (count: number, key = 'a'): [string, number][] => Array.from({ length: count }, (_, n) => [key, n])

describe('a batch handler', () => {
  it('is called with as many events as a batch holds, more than handlers may run at once, in the order of their key', async () => {
    const batches: number[][] = []
    const { bus, publish, consumer } = await setUp((events) => void batches.push(numbers(events)), {
      size: 10,
      concurrency: 2,
    })
    await publish(...upTo(20))
    await settle()
    expect(batches).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    ])
    expect(consumer.counts).toMatchObject({ handled: 20, held: 0, running: 0 })
    await bus.stop()
  })

  it('is called with fewer when the wait is over', async () => {
    const batches: number[][] = []
    const { bus, clock, publish } = await setUp((events) => void batches.push(numbers(events)), { waitMs: 50 })
    await publish(...upTo(3))
    await settle()
    expect(batches).toEqual([])
    await clock.advance(50)
    await settle()
    expect(batches).toEqual([[0, 1, 2]])
    await bus.stop()
  })

  it('runs the events of a failed batch again one by one, so that a poisonous one burns only its own attempts', async () => {
    const calls: string[] = []
    const attempts = new Map<string, number>()
    const note: Middleware = async (context, next) => {
      attempts.set(String((context.event.data as { n: number }).n), context.attempt)
      await next()
    }
    const { bus, clock, publish, consumer } = await setUp(
      (events) => {
        calls.push(numbers(events).join())
        if (numbers(events).includes(1)) throw new Error('poison')
      },
      { size: 3, use: [note] },
    )
    await publish(...upTo(3))
    await settle()
    for (let i = 0; i < 5; i++) {
      await clock.advance(1_000)
      await settle()
    }
    expect(calls).toEqual(['0,1,2', '0', '1', '1', '1', '1', '1', '2'])
    expect([...attempts]).toEqual([
      ['0', 1],
      ['1', 5],
      ['2', 1],
    ])
    expect(consumer.counts).toMatchObject({ handled: 2, deadLettered: 1 })
    await bus.stop()
  })

  it('acks the events that a result does not name', async () => {
    const calls: string[] = []
    const { bus, publish, consumer } = await setUp(
      (events) => {
        calls.push(numbers(events).join())
        if (events.length === 1) return undefined
        return events.filter((event) => event.data.n === 1).map((event) => ({ event, error: new Error('only this') }))
      },
      { size: 3 },
    )
    await publish(['a', 0], ['b', 1], ['c', 2])
    await settle()
    await settle()
    expect(calls).toEqual([expect.stringMatching(/^\d,\d,\d$/), '1'])
    expect(consumer.counts.handled).toBe(3)
    await bus.stop()
  })

  it('never lets another event of the key overtake the batch, nor the batch another event', async () => {
    const order: string[] = []
    const { bus, clock, publish } = await setUp((events) => void order.push(`batch ${numbers(events).join()}`), {
      onReset: (key) => order.push(`reset ${key}`),
    })
    await publish(['a', 1], ['a', 2])
    await bus.publish(Reset, { key: 'a' })
    await publish(['a', 3])
    await settle()
    expect(order).toEqual([])
    await clock.advance(50)
    await settle()
    await clock.advance(50)
    await settle()
    expect(order).toEqual(['batch 1,2', 'reset a', 'batch 3'])
    await bus.stop()
  })

  it("does not start a key's next batch before the one in flight ends", async () => {
    const order: string[] = []
    const gates: (() => void)[] = []
    const { bus, clock, publish } = await setUp(
      (events) => {
        order.push(`in ${numbers(events).join()}`)
        return new Promise<void>((resolve) => gates.push(resolve)).then(
          () => void order.push(`out ${numbers(events).join()}`),
        )
      },
      { size: 2 },
    )
    await publish(...upTo(4))
    await settle()
    expect(order).toEqual(['in 0,1'])
    gates.shift()?.()
    await settle()
    expect(order).toEqual(['in 0,1', 'out 0,1', 'in 2,3'])
    gates.shift()?.()
    await settle()
    await clock.advance(50)
    await bus.stop()
  })

  it('leaves with what it has when the consumer stops', async () => {
    const batches: number[][] = []
    const { bus, publish, consumer } = await setUp((events) => void batches.push(numbers(events)), { waitMs: 10_000 })
    await publish(...upTo(3))
    await settle()
    await bus.stop()
    expect(batches).toEqual([[0, 1, 2]])
    expect(consumer.counts).toMatchObject({ handled: 3, held: 0 })
  })
})
