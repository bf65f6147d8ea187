import { expect, test } from 'vitest'
import { BrokerNotAvailableError, readOptions, UsageError } from './options.ts'

test('without options the shop runs its own orders in memory', () => {
  const options = readOptions([])

  expect(options.orders).toMatch(/orders\.jsonl$/)
  expect(options.transport).toMatch(/^memory:/)
})

test.each(['kafka', 'rabbitmq', 'sqs', 'redis'])('%s is known, and said not to be here yet', (broker) => {
  expect(() => readOptions(['--broker', broker])).toThrow(BrokerNotAvailableError)
})

test.each([
  ['an unknown broker', ['--broker', 'toString']],
  ['an unknown sabotage', ['--sabotage', '__proto__']],
  ['an unknown option', ['--fast']],
  ['a file that is not there', ['--orders', '/nowhere/orders.jsonl']],
  ['a folder for a file', ['--orders', '/']],
  ['a folder that is not there', ['--folder', '/nowhere']],
])('%s is refused', (_case, args) => {
  expect(() => readOptions(args)).toThrow(UsageError)
})
