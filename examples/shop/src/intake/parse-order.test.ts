import { expect, test } from 'vitest'
import { parseOrder } from './parse-order.ts'

const order = {
  orderId: 'o-1',
  customer: 'O’Neil "Bobby" Tables 𠮷',
  card: 'tok_visa_1',
  lines: [{ sku: 'TEA', quantity: 1 }],
}

const parse = (text: string) => parseOrder(Buffer.from(text))

test('an order is read as it stands', () => {
  expect(parse(JSON.stringify(order))).toEqual({ order })
})

test('what no order has is left out', () => {
  const parsed = parse(JSON.stringify(order).replace('{', '{"__proto__":{"admin":true},"constructor":1,'))

  expect(parsed).toEqual({ order })
  expect(Object.keys(parsed.order ?? {})).toEqual(Object.keys(order))
})

test.each([
  ['no JSON', '{"orderId":', 'is not JSON'],
  ['another value', 'null', 'is not an order: Invalid input: expected object, received null'],
  ['an odd id', JSON.stringify({ ...order, orderId: '../../etc' }), 'orderId: must be 1 to 64 letters'],
  ['no lines', JSON.stringify({ ...order, lines: [] }), 'lines: Too small'],
  ['half a product', JSON.stringify({ ...order, lines: [{ sku: 'TEA', quantity: 0.5 }] }), 'lines.0.quantity: '],
  ['the number of a card', JSON.stringify({ ...order, card: '4111111111111111' }), 'card: must be a token'],
])('%s is told with its reason', (_case, text, fault) => {
  expect(parse(text).fault).toContain(fault)
})

test('what is not UTF-8 is told', () => {
  expect(parseOrder(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual({ fault: 'is not UTF-8' })
})

test('a reason does not repeat what it complains of', () => {
  expect(parse(JSON.stringify({ ...order, card: '4111111111111111' })).fault).not.toContain('4111')
})
