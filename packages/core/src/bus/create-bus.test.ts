import { createVirtualClock, memoryTransport } from '@eventspine/memory'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { handleBatch } from '../consumer/handle-batch.ts'
import { handle } from '../consumer/handler.ts'
import type { Signal } from '../consumer/signal.ts'
import { defineEvent } from '../event/define-event.ts'
import { draft } from '../event/draft.ts'
import type { Event } from '../event/event.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { layered, layeredSubscription } from '../testing/transport/bus/layered-transport.ts'
import { createBus } from './create-bus.ts'

const OrderCreated = defineEvent('order.created', {
  schema: z.object({ orderId: z.string(), total: z.number().int().default(0) }),
  key: (order) => order.orderId,
})
const OrderPaid = defineEvent('order.paid', {
  schema: z.object({ orderId: z.string() }),
  key: (order) => order.orderId,
})
const Ping = defineEvent('ping', { schema: z.object({}) })

const source = 'https://shop.example/orders'
const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code
const quiet = { info() {}, warn() {}, error() {} }

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('a bus', () => {
  it('carries an event from publish to a typed handler', async () => {
    await using bus = await createBus({ source, transport: memoryTransport() })
    const seen: Event<'order.created', { orderId: string; total: number }>[] = []
    bus.subscribe({ group: 'billing', on: [handle(OrderCreated, (event) => void seen.push(event))] })
    await bus.start()
    const { id, unheard } = await bus.publish(OrderCreated, { orderId: 'o-1' })
    await until(() => seen.length === 1)
    expect(unheard).toBe(false)
    expect(seen[0]).toMatchObject({ id, source, type: 'order.created', key: 'o-1', data: { orderId: 'o-1', total: 0 } })
  })

  it('carries correlation and cause on from a handler', async () => {
    await using bus = await createBus({ source, transport: memoryTransport() })
    const paid: Event[] = []
    bus.subscribe({
      group: 'payment',
      on: [handle(OrderCreated, (event, context) => context.publish(OrderPaid, { orderId: event.data.orderId }))],
    })
    bus.subscribe({ group: 'audit', on: [handle(OrderPaid, (event) => void paid.push(event))] })
    await bus.start()
    const { id } = await bus.publish(OrderCreated, { orderId: 'o-1' }, { correlationId: 'c-1' })
    await until(() => paid.length === 1)
    expect(paid[0]).toMatchObject({ correlationId: 'c-1', causationId: id })
  })

  it('rejects data that its schema refuses, before anything is sent', async () => {
    await using bus = await createBus({ source, transport: memoryTransport() })
    await bus.start()
    const rejected = bus.publish(OrderCreated, { orderId: 7 } as never).catch(codeOf)
    expect(await rejected).toBe('invalid-data')
    expect(bus.counts).toEqual({ published: 0, publishFailed: 0, unheard: 0 })
  })

  it('gives an outcome for each of many, in order', async () => {
    await using bus = await createBus({ source, transport: memoryTransport() })
    await bus.start()
    const outcomes = await bus.publishAll([
      draft(OrderCreated, { orderId: 'o-1' }, { id: 'first' }),
      draft(OrderCreated, { orderId: 1 } as never),
      draft(OrderPaid, { orderId: 'o-1' }, { id: 'third' }),
    ])
    expect(outcomes).toMatchObject([
      { accepted: true, id: 'first' },
      { accepted: false, error: { code: 'invalid-data' } },
      { accepted: true, id: 'third' },
    ])
  })

  it('counts an event that no group hears, and rejects it when asked to', async () => {
    await using counting = await createBus({ source, transport: memoryTransport() })
    await counting.start()
    expect(await counting.publish(Ping, {})).toMatchObject({ unheard: true })
    expect(counting.counts.unheard).toBe(1)
    await using rejecting = await createBus({ source, transport: memoryTransport(), unheard: 'reject' })
    await rejecting.start()
    expect(await rejecting.publish(Ping, {}).catch(codeOf)).toBe('unheard')
  })

  it('refuses to publish before its start and after its stop', async () => {
    const bus = await createBus({ source, transport: memoryTransport() })
    expect(await bus.publish(Ping, {}).catch(codeOf)).toBe('bus-not-started')
    await bus.start()
    await bus.publish(Ping, {})
    await bus.stop()
    expect(await bus.publish(Ping, {}).catch(codeOf)).toBe('bus-not-started')
    expect(() => bus.capabilities).toThrow(expect.objectContaining({ code: 'bus-not-started' }))
  })

  it('starts again after a stop and goes on where its groups were', async () => {
    const bus = await createBus({ source, transport: memoryTransport() })
    const seen: string[] = []
    bus.subscribe({ group: 'billing', on: [handle(OrderCreated, (event) => void seen.push(event.data.orderId))] })
    for (const orderId of ['o-1', 'o-2', 'o-3']) {
      await bus.start()
      await bus.publish(OrderCreated, { orderId })
      await until(() => seen.at(-1) === orderId)
      await bus.stop()
    }
    expect(seen).toEqual(['o-1', 'o-2', 'o-3'])
  })

  it('is idempotent in start and stop', async () => {
    const bus = await createBus({ source, transport: memoryTransport() })
    await bus.stop()
    await Promise.all([bus.start(), bus.start()])
    await Promise.all([bus.stop(), bus.stop()])
    await bus.stop()
  })

  it('begins at once with a consumer that comes after the start', async () => {
    await using bus = await createBus({ source, transport: memoryTransport() })
    await bus.start()
    await bus.publish(OrderCreated, { orderId: 'early' })
    const seen: string[] = []
    const consumer = bus.subscribe({
      group: 'late',
      on: [handle(OrderCreated, (event) => void seen.push(event.data.orderId))],
    })
    await bus.publish(OrderCreated, { orderId: 'later' })
    await until(() => seen.length === 2)
    expect(seen.sort()).toEqual(['early', 'later'])
    expect(consumer.state).toBe('running')
  })

  it('refuses at start what the app asks for and this broker lacks, and names all of it', async () => {
    const bus = await createBus({ source, transport: memoryTransport({ like: 'sqs' }), unheard: 'reject' })
    bus.subscribe({ group: 'billing', startAt: 'earliest', on: [handle(OrderCreated, () => {})] })
    const error = await bus.start().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'unmet-capabilities',
      unmet: [expect.stringContaining('earliest'), expect.stringContaining('unheard')],
    })
    expect((await bus.health()).healthy).toBe(false)
  })

  it('refuses a policy that would hold a delivery longer than the broker lets it', async () => {
    const bus = await createBus({ source, transport: memoryTransport({ like: 'rabbitmq' }) })
    const retry = { attempts: 5, backoff: { initialMs: 3_600_000, maxMs: 3_600_000 } }
    bus.subscribe({ group: 'billing', retry, on: [handle(OrderCreated, () => {})] })
    expect(await bus.start().catch(codeOf)).toBe('unmet-capabilities')
  })

  it('refuses order on a topic whose events have no key, where the consumer is declared', async () => {
    const bus = await createBus({ source, transport: memoryTransport() })
    const on = [handle(Ping, () => {})]
    expect(() => bus.subscribe({ group: 'a', ordered: true, on })).toThrow(
      expect.objectContaining({ code: 'invalid-consumer' }),
    )
    expect(() => bus.subscribe({ group: 'b', on: [...on, handle(OrderPaid, () => {})] })).toThrow(/ordered: false/)
    bus.subscribe({ group: 'c', ordered: false, on: [...on, handle(OrderPaid, () => {})] })
  })

  it('refuses a handler without a definition, as modules that import each other in a circle give it', () => {
    const refusal = expect.objectContaining({ code: 'invalid-consumer' })
    expect(() => handle(undefined as never, () => {})).toThrow(refusal)
    expect(() => handle(OrderPaid, undefined as never)).toThrow(refusal)
    expect(() => handleBatch(undefined as never, () => {})).toThrow(refusal)
    expect(() => handleBatch(OrderPaid, () => {}, { size: 0 })).toThrow(refusal)
  })

  it('refuses a backoff that is no number: it would be none', async () => {
    const bus = await createBus({ source, transport: memoryTransport() })
    const on = [handle(OrderPaid, () => {})]
    for (const initialMs of [-1, Number.NaN, '5s' as never]) {
      expect(() => bus.subscribe({ group: 'a', retry: { backoff: { initialMs } }, on })).toThrow(/backoff\.initialMs/)
    }
  })

  it('says when it stops and leaves handlers behind that ignore their signal', async () => {
    const warnings: unknown[] = []
    const logger = { ...quiet, warn: (fields: object, message: string) => warnings.push({ ...fields, message }) }
    const clock = createVirtualClock()
    const bus = await createBus({ source, transport: memoryTransport({ clock }), clock, logger })
    const running = Promise.withResolvers<void>()
    bus.subscribe({
      group: 'billing',
      on: [
        handle(OrderPaid, () => {
          running.resolve()
          return new Promise(() => {})
        }),
      ],
    })
    await bus.start()
    await bus.publish(OrderPaid, { orderId: 'o-1' })
    await running.promise
    const stopped = bus.stop({ graceMs: 1_000 })
    await clock.advance(60_000)
    await stopped
    expect(warnings).toEqual([expect.objectContaining({ group: 'billing', running: 1 })])
  })

  it('tells the observer what happened', async () => {
    const kinds: Signal['kind'][] = []
    await using bus = await createBus({
      source,
      transport: memoryTransport(),
      logger: quiet,
      observe: (signal) => void kinds.push(signal.kind),
    })
    let calls = 0
    bus.subscribe({
      group: 'billing',
      retry: { attempts: 2, backoff: { initialMs: 1 } },
      on: [
        handle(OrderCreated, () => {
          calls++
          throw new Error('boom')
        }),
      ],
    })
    await bus.start()
    await bus.publish(OrderCreated, { orderId: 'o-1' })
    await until(() => kinds.includes('dead-lettered'))
    expect(calls).toBe(2)
    // A handler may be quicker than the answer to its publisher.
    expect(kinds.filter((kind) => kind !== 'published')).toEqual(['attempt-failed', 'attempt-failed', 'dead-lettered'])
    expect(kinds).toContain('published')
  })

  it('works on when its observer and its logger throw', async () => {
    const fail = () => {
      throw new Error('no')
    }
    await using bus = await createBus({
      source,
      transport: memoryTransport(),
      logger: { info: fail, warn: fail, error: fail },
      observe: fail,
    })
    const handled: string[] = []
    bus.subscribe({
      group: 'billing',
      retry: { attempts: 1 },
      on: [
        handle(OrderCreated, ({ data }) => {
          handled.push(data.orderId)
          if (handled.length === 1) throw new Error('boom')
        }),
      ],
    })
    await bus.start()
    for (const orderId of ['o-1', 'o-2', 'o-3']) await bus.publish(OrderCreated, { orderId })
    await until(() => handled.length === 3)
  })

  it('stops although its start waits for a broker that never answers', async () => {
    const transport = memoryTransport()
    transport.connect = () => new Promise(() => {})
    const bus = await createBus({ source, transport })
    const started = bus.start().catch(codeOf)
    await bus.stop()
    expect(await started).toBe('bus-not-started')
  })

  it('is healthy while it works', async () => {
    const bus = await createBus({ source, transport: memoryTransport() })
    bus.subscribe({ group: 'billing', on: [handle(OrderCreated, () => {})] })
    expect((await bus.health()).healthy).toBe(false)
    await bus.start()
    expect(await bus.health()).toMatchObject({
      healthy: true,
      transport: { status: 'up' },
      consumers: [{ group: 'billing', state: 'running', stalledMs: 0 }],
    })
    await bus.stop()
    expect((await bus.health()).healthy).toBe(false)
  })

  it('takes an unknown scheme and a missing package for what they are, without repeating the URL', async () => {
    const unknown = await createBus({ source, transport: 'carrier-pigeon://user:secret@loft' }).catch(
      (error: unknown) => error,
    )
    expect(unknown).toMatchObject({ code: 'unknown-scheme' })
    expect(String(unknown)).not.toContain('secret')
    const missing = await createBus({ source, transport: 'sqs://user:secret@queue' }).catch((error: unknown) => error)
    expect(missing).toMatchObject({
      code: 'missing-adapter',
      message: expect.stringContaining('npm install @eventspine/sqs'),
    })
    expect(String(missing)).not.toContain('secret')
  })

  it('loads the memory transport by its URL, and the same URL is the same broker', async () => {
    await using one = await createBus({ source, transport: 'memory:create-bus-test' })
    await using two = await createBus({ source, transport: 'memory:create-bus-test' })
    const seen: string[] = []
    one.subscribe({ group: 'billing', on: [handle(OrderCreated, (event) => void seen.push(event.data.orderId))] })
    await one.start()
    await two.start()
    await two.publish(OrderCreated, { orderId: 'o-1' })
    await until(() => seen.length === 1)
  })

  it('refuses options that cannot work', async () => {
    for (const options of [
      { source: '', transport: 'memory:' },
      { source, transport: 42 as never },
      { source, transport: 'memory:', topology: 'guess' as never },
      { source, transport: 'memory:', publishTimeoutMs: 0 },
    ]) {
      expect(await createBus(options).catch(codeOf)).toBe('invalid-config')
    }
  })

  it('is unhealthy when its broker leaves a probe without an answer', async () => {
    const clock = createManualClock()
    const transport = layered(memoryTransport(), { probe: () => new Promise(() => {}) })
    const bus = await createBus({ source, transport, clock })
    await bus.start()
    const health = bus.health()
    await clock.advance(5_000)
    expect(await health).toMatchObject({ healthy: false, transport: { status: 'down' } })
    expect(clock.pending).toBe(0)
    await bus.stop()
  })

  it('stops although nothing that it asks of its broker is answered', async () => {
    const clock = createManualClock()
    const memory = memoryTransport()
    const silence = (): Promise<never> => new Promise(() => {})
    const transport = layered(memory, {
      close: silence,
      subscribe: async (options) =>
        layeredSubscription(await memory.subscribe(options), { settle: silence, stop: silence, close: silence }),
    })
    const bus = await createBus({ source, transport, clock, logger: quiet })
    let handled = 0
    bus.subscribe({ group: 'billing', on: [handle(OrderCreated, () => void handled++)] })
    await bus.start()
    await bus.publish(OrderCreated, { orderId: 'o-1' })
    await until(() => handled === 1)
    const stopped = bus.stop({ graceMs: 1_000 })
    await clock.advance(10_000)
    await stopped
    expect(clock.pending).toBe(0)
    await memory.close()
  })
})
