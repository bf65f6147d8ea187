import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Request } from '../../process/protocol.ts'
import { createOrderStore, orderTables } from '../../services/order/store.ts'
import { openDatabase } from '../../shared/database.ts'
import { OrderBooks } from './order-books.ts'
import { RemoteDesk } from './remote-desk.ts'

const request = (orderId: string) => ({ orderId, customer: 'Þórunn', card: 'tok_1', lines: [] })

let folder: string
let asked: string[]
let desk: RemoteDesk
let commit: (orderId: string) => void
let close: () => void

/** A line that hears the request, and never answers. */
const line = { send: ({ order }: Request) => void asked.push(order.orderId) }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
  const file = join(folder, 'order.sqlite')
  const db = openDatabase(file, orderTables)
  const orders = createOrderStore(db)
  const books = new OrderBooks(file)
  asked = []
  desk = new RemoteDesk(books, line)
  commit = (orderId) => orders.add({ ...request(orderId), total: 1 })
  close = () => {
    books.close()
    db.close()
  }
})

afterEach(() => {
  close()
  rmSync(folder, { recursive: true })
})

test('a refusal reaches the customer', async () => {
  const placing = desk.place(request('o-1'))
  desk.hear({ kind: 'answer', refused: 'there is no tea' })

  await expect(placing).rejects.toThrow('there is no tea')
})

test('an order that was committed before the crash is not asked for again', async () => {
  const placing = desk.place(request('o-1'))
  commit('o-1')
  desk.reconnect(line)

  await placing
  expect(asked).toEqual(['o-1'])
})

test('an order that was lost in the crash is asked for again', async () => {
  const first = desk.place(request('o-1'))
  commit('o-1')
  desk.hear({ kind: 'answer' })
  await first
  const second = desk.place(request('o-2'))
  desk.reconnect(line)
  commit('o-2')
  desk.hear({ kind: 'answer' })

  await second
  expect(asked).toEqual(['o-1', 'o-2', 'o-2'])
})

test('nobody waits for a service that will not come back', async () => {
  const placing = desk.place(request('o-1'))
  desk.close(new Error('it is gone'))

  await expect(placing).rejects.toThrow('it is gone')
})
