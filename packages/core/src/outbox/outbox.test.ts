import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isEventspineError } from '../error.ts'
import { defineEvent } from '../event/define-event.ts'
import { draft } from '../event/draft.ts'
import type { Event } from '../event/event.ts'
import type { Message } from '../transport/message.ts'
import { createOutbox } from './outbox.ts'
import type { OutboxStore, SyncOutboxStore } from './store.ts'

const source = 'https://shop.example/orders'

const OrderCreated = defineEvent('order.created', {
  schema: z.object({ orderId: z.string(), total: z.int() }),
  key: (order) => order.orderId,
})
const Checked = defineEvent('order.checked', {
  schema: v.pipeAsync(
    v.string(),
    v.checkAsync(async (text) => text !== ''),
  ),
})

type Written = Message[]

const unused = (): never => {
  throw new Error('a publisher has no business here')
}
const relayOnly = {
  name: 'list',
  claim: unused,
  release: unused,
  read: unused,
  commit: unused,
  parked: unused,
  retryParked: unused,
  discardParked: unused,
  status: unused,
  cleanup: unused,
  close: unused,
}
const syncStore: SyncOutboxStore<Written> = {
  ...relayOnly,
  sync: true,
  append: (tx, messages) => void tx.push(...messages),
}
const asyncStore: OutboxStore<Written> = {
  ...relayOnly,
  sync: false,
  append: async (tx, messages) => void tx.push(...messages),
}

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
  } catch (error) {
    return isEventspineError(error) ? error.code : String(error)
  }
  return undefined
}

describe('an outbox over a synchronous store', () => {
  const outbox = createOutbox({ store: syncStore, source, clock: { now: () => 1_750_000_000_000, after: unused } })

  it('has written when publish returns, with id and time of that moment', () => {
    const tx: Written = []
    const { id } = outbox.publish(tx, OrderCreated, { orderId: 'o-1', total: 5 })
    expect(tx).toHaveLength(1)
    expect(tx[0]).toMatchObject({ topic: 'order.created', id, source, key: 'o-1' })
    expect(tx[0]?.headers.get('ce_time')).toBe('2025-06-15T15:06:40.000Z')
    expect(JSON.parse(new TextDecoder().decode(tx[0]?.body as Uint8Array))).toEqual({ orderId: 'o-1', total: 5 })
  })

  it('throws what is invalid, and writes nothing of the call', () => {
    const tx: Written = []
    const good = draft(OrderCreated, { orderId: 'o-1', total: 5 })
    const bad = draft(OrderCreated, { orderId: 'o-1', total: 0.5 })
    expect(codeOf(() => outbox.publishAll(tx, [good, bad]))).toBe('invalid-data')
    expect(tx).toEqual([])
  })

  it('refuses a schema that answers later: the transaction could be over by then', async () => {
    const tx: Written = []
    expect(codeOf(() => outbox.publish(tx, Checked, 'text'))).toBe('async-schema')
    expect(codeOf(() => outbox.publish(tx, Checked, 5 as unknown as string))).toBe('async-schema')
    await new Promise((resolve) => setImmediate(resolve))
    expect(tx).toEqual([])
  })

  it('refuses what no broker would take, while the transaction can still be rolled back', () => {
    const tx: Written = []
    const small = createOutbox({ store: syncStore, source, maxMessageBytes: 2_000 })
    const order = { orderId: 'o-1', total: 5 }
    expect(codeOf(() => outbox.publish(tx, OrderCreated, { ...order, orderId: 'a\0b' }))).toBeDefined()
    expect(codeOf(() => outbox.publish(tx, OrderCreated, { ...order, orderId: '\ud83d' }))).toBeDefined()
    expect(codeOf(() => outbox.publish(tx, OrderCreated, { ...order, orderId: 'x'.repeat(256) }))).toBeDefined()
    expect(codeOf(() => small.publish(tx, OrderCreated, order, { subject: 'x'.repeat(2_000) }))).toBe(
      'message-too-large',
    )
    expect(codeOf(() => outbox.publish(tx, OrderCreated, order, { notBefore: Number.NaN }))).toBeDefined()
    expect(tx).toEqual([])
  })

  it('keeps notBefore for the relay', () => {
    const tx: Written = []
    outbox.publish(tx, OrderCreated, { orderId: 'o-1', total: 5 }, { notBefore: new Date(1_760_000_000_000) })
    expect(tx[0]?.notBefore).toBe(1_760_000_000_000)
  })

  it('carries correlation and causation on from the event that caused it', () => {
    const tx: Written = []
    const cause = { id: 'e-1', source, correlationId: 'c-1' } as Event
    outbox.publish(tx, OrderCreated, { orderId: 'o-1', total: 5 }, { cause })
    outbox.publishAll(tx, [draft(OrderCreated, { orderId: 'o-2', total: 5 })], { cause })
    for (const { headers } of tx) {
      expect(headers.get('ce_correlationid')).toBe('c-1')
      expect(headers.get('ce_causationid')).toBe('e-1')
    }
    expect(tx).toHaveLength(2)
  })
})

describe('an outbox over an asynchronous store', () => {
  const outbox = createOutbox({ store: asyncStore, source })

  it('writes all drafts in their order, whatever their schemas take', async () => {
    const tx: Written = []
    const ids = await outbox.publishAll(tx, [
      draft(Checked, 'first'),
      draft(OrderCreated, { orderId: 'o-1', total: 5 }),
      draft(Checked, 'third'),
    ])
    expect(tx.map((message) => message.id)).toEqual(ids.map(({ id }) => id))
    expect(tx.map((message) => message.topic)).toEqual(['order.checked', 'order.created', 'order.checked'])
  })

  it('rejects with what is invalid, and writes nothing of the call', async () => {
    const tx: Written = []
    const drafts = [draft(OrderCreated, { orderId: 'o-1', total: 5 }), draft(Checked, '')]
    await expect(outbox.publishAll(tx, drafts)).rejects.toMatchObject({ code: 'invalid-data' })
    await expect(outbox.publish(tx, OrderCreated, { orderId: 'o-1', total: 0.5 })).rejects.toMatchObject({
      code: 'invalid-data',
    })
    expect(tx).toEqual([])
  })

  it('leaves no rejection to nobody when a draft is refused while the schema of another still answers', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const drafts = [draft(Checked, ''), draft(OrderCreated, { orderId: 'o-1', total: 0.5 })]
    await expect(outbox.publishAll([], drafts)).rejects.toMatchObject({ code: 'invalid-data' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})

it.each([
  { source: '' },
  { source: undefined as never },
  { source: 'no URI <>' },
  { store: undefined as never },
  { maxMessageBytes: 0 },
  { maxMessageBytes: Number.NaN },
])('an outbox is refused with %j, before it meets a transaction', (wrong) => {
  expect(codeOf(() => createOutbox({ store: syncStore, source, ...wrong }))).toBe('invalid-outbox')
})
