import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { defineEvent } from '@eventspine/core'
import { createOutbox } from '@eventspine/core/outbox'
import type { Message } from '@eventspine/core/transport'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sqliteOutbox } from './outbox-store.ts'

const OrderCreated = defineEvent('order.created', {
  schema: z.object({ orderId: z.string() }),
  key: (order) => order.orderId,
})

const messageOf = (id: string): Message => ({
  topic: 'orders',
  id,
  source: 's',
  key: 'a',
  headers: new Map(),
  body: null,
})

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eventspine-sqlite-'))
  path = join(folder, 'app.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

it('an order and its event are written in one synchronous block', async () => {
  const store = sqliteOutbox({ path, partitions: 1 })
  const outbox = createOutbox({ store, source: 'https://shop.example/orders' })
  const database = new DatabaseSync(path, { timeout: 5_000 })
  database.exec('create table orders (id text)')

  database.exec('begin immediate')
  database.prepare('insert into orders values (?)').run('o-1')
  const { id } = outbox.publish(database, OrderCreated, { orderId: 'o-1' })
  database.exec('commit')

  const { claims } = await store.claim({ relay: 'r', leaseMs: 1_000 })
  const batch = await store.read(claims[0] as (typeof claims)[0], { events: 10, bytes: 1_000 })
  expect(batch?.events.map(({ message }) => [message.id, message.key])).toEqual([[id, 'o-1']])
  database.close()
  await store.close()
})

it('two outboxes of different names share a database and nothing else', async () => {
  const orders = sqliteOutbox({ path, name: 'orders_outbox' })
  const stock = sqliteOutbox({ path, name: 'stock_outbox' })
  const database = new DatabaseSync(path)
  database.exec('begin immediate')
  orders.append(database, [messageOf('a')])
  database.exec('commit')
  expect((await orders.status()).pending).toBe(1)
  expect((await stock.status()).pending).toBe(0)
  database.close()
  await orders.close()
  await stock.close()
})

it('the number of partitions is fixed when the tables are made', async () => {
  const first = sqliteOutbox({ path, partitions: 3 })
  const second = sqliteOutbox({ path, partitions: 8 })
  expect((await second.claim({ relay: 'r', leaseMs: 1_000 })).claims).toHaveLength(3)
  await first.close()
  await second.close()
})

it('tables of a newer version are left alone', async () => {
  const store = sqliteOutbox({ path })
  await store.close()
  const database = new DatabaseSync(path)
  database.exec(`update eventspine_outbox_meta set value = 99 where name = 'version'`)
  database.close()
  expect(() => sqliteOutbox({ path })).toThrow(expect.objectContaining({ code: 'schema-too-new' }))
})

it('an append on another database says that the table is missing', () => {
  const store = sqliteOutbox({ path })
  const other = new DatabaseSync(':memory:')
  other.exec('begin')
  expect(() => store.append(other, [messageOf('a')])).toThrow(
    expect.objectContaining({ code: 'outbox-store-failed', retryable: false }),
  )
  other.close()
  return store.close()
})

it('an append on a connection that is closed, or on none, is in no transaction', () => {
  const store = sqliteOutbox({ path })
  const closed = new DatabaseSync(path)
  closed.close()
  for (const tx of [closed, undefined as never, null as never]) {
    expect(() => store.append(tx, [messageOf('a')])).toThrow(expect.objectContaining({ code: 'not-in-transaction' }))
  }
  return store.close()
})

it('a connection that was closed and opened again takes events as before', async () => {
  const store = sqliteOutbox({ path })
  const database = new DatabaseSync(path)
  for (const ids of [['a'], ['b', 'c'], ['d']]) {
    database.exec('begin immediate')
    store.append(database, ids.map(messageOf))
    database.exec('commit')
    database.close()
    database.open()
  }
  database.close()
  expect((await store.status()).pending).toBe(4)
  await store.close()
})

it('what can not be written is told in the words of the outbox', () => {
  const store = sqliteOutbox({ path })
  const database = new DatabaseSync(path)
  database.exec('begin immediate')
  for (const wrong of [{ body: 'text' }, { body: Symbol('body') }, { notBefore: 1.5 }]) {
    const message = { ...messageOf('a'), ...wrong } as never
    expect(() => store.append(database, [message])).toThrow(
      expect.objectContaining({ code: 'outbox-store-failed', retryable: false }),
    )
  }
  database.exec('commit')
  database.close()
  return store.close()
})

it('a call that fails half-way leaves no transaction behind', async () => {
  const store = sqliteOutbox({ path, partitions: 1, busyTimeoutMs: 50 })
  await expect(store.claim({ relay: 'r', leaseMs: 0.5 })).rejects.toMatchObject({ code: 'outbox-store-failed' })
  expect((await store.claim({ relay: 'r', leaseMs: 1_000 })).claims).toHaveLength(1)
  await store.close()
})

it('a commit copies no more bytes aside than a batch may have', async () => {
  const store = sqliteOutbox({ path, partitions: 1 })
  const database = new DatabaseSync(path)
  const notBefore = Date.now() + 3_600_000
  database.exec('begin immediate')
  store.append(
    database,
    ['a', 'b', 'c', 'd'].map((id) => ({ ...messageOf(id), body: new Uint8Array(1_000), notBefore })),
  )
  database.exec('commit')
  const claim = (await store.claim({ relay: 'r', leaseMs: 60_000 })).claims[0] as { partition: number; epoch: number }
  let commits = 0
  for (const limit = { events: 10, bytes: 2_500 }; ; commits++) {
    const batch = await store.read(claim, limit)
    if (batch === undefined) break
    expect(batch.events).toEqual([])
    await store.commit(batch, [])
  }
  expect(commits).toBe(2)
  expect((await store.status()).delayed).toBe(4)
  database.close()
  await store.close()
})

it('a step of the cleanup removes some megabytes at most, and at least one event', async () => {
  const store = sqliteOutbox({ path, partitions: 1 })
  const database = new DatabaseSync(path)
  database.exec('begin immediate')
  const megabytes = [1, 1, 1, 5, 1]
  store.append(
    database,
    megabytes.map((size, index) => ({ ...messageOf(`e-${index}`), body: new Uint8Array(size * 1024 * 1024) })),
  )
  database.exec('commit')
  const { claims } = await store.claim({ relay: 'r', leaseMs: 60_000 })
  const batch = await store.read(claims[0] as (typeof claims)[0], { events: 10, bytes: 1e9 })
  if (batch !== undefined)
    await store.commit(
      batch,
      batch.events.map(() => ({ as: 'relayed' })),
    )
  const steps = [await store.cleanup(), await store.cleanup(), await store.cleanup(), await store.cleanup()]
  expect(steps).toEqual([
    { removed: 3, more: true },
    { removed: 1, more: true },
    { removed: 1, more: false },
    { removed: 0, more: false },
  ])
  database.close()
  await store.close()
})

describe('a database that somebody writes to', () => {
  it('keeps the relay waiting, not the process', async () => {
    const store = sqliteOutbox({ path })
    const writer = new DatabaseSync(path)
    writer.exec('begin immediate')
    let turns = 0
    const turning = setInterval(() => {
      turns += 1
    }, 1)
    const claimed = store.claim({ relay: 'r', leaseMs: 1_000 })
    await pause(60)
    expect(turns).toBeGreaterThan(10)
    writer.exec('commit')
    expect((await claimed).claims).toHaveLength(4)
    clearInterval(turning)
    writer.close()
    await store.close()
  })

  it('is given up after the timeout, with an error that says to ask again', async () => {
    const store = sqliteOutbox({ path, busyTimeoutMs: 40 })
    const writer = new DatabaseSync(path)
    writer.exec('begin immediate')
    await expect(store.cleanup()).rejects.toMatchObject({ code: 'outbox-store-failed', retryable: true })
    await expect(store.status()).resolves.toMatchObject({ pending: 0 })
    writer.close()
    await store.close()
  })
})

describe('a connection that the store shares with the application', () => {
  it('never lets a statement of the relay into a transaction of the application', async () => {
    const database = new DatabaseSync(':memory:')
    const store = sqliteOutbox({ database, partitions: 1 })
    database.exec('begin immediate')
    store.append(database, [messageOf('a')])
    const claimed = store.claim({ relay: 'r', leaseMs: 60_000 })
    const counted = store.status()
    await pause(30)
    database.exec('rollback')
    expect((await claimed).claims).toHaveLength(1)
    expect((await counted).pending).toBe(0)
    expect((await store.claim({ relay: 'r', leaseMs: 60_000 })).claims).toHaveLength(1)
    await store.close()
    expect(database.isOpen).toBe(true)
    database.close()
  })

  it('is told of in the words of the outbox when the application has closed it', async () => {
    const database = new DatabaseSync(':memory:')
    const store = sqliteOutbox({ database })
    database.close()
    await expect(store.status()).rejects.toMatchObject({ code: 'outbox-store-failed', retryable: false })
    await store.close()
  })

  it('is refused while a transaction is open on it', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('begin')
    expect(() => sqliteOutbox({ database })).toThrow(expect.objectContaining({ code: 'invalid-outbox' }))
    database.close()
  })
})

it('opens again while a transaction of the same process holds the write lock', async () => {
  await sqliteOutbox({ path }).close()
  const writer = new DatabaseSync(path)
  writer.exec('begin immediate')
  // Waiting would block the thread that has to end the transaction: with no time to wait, it must not need to.
  const store = sqliteOutbox({ path, busyTimeoutMs: 1 })
  writer.exec('rollback')
  writer.close()
  await store.close()
})
