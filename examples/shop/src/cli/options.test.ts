import { expect, test } from 'vitest'
import { BrokerNotAvailableError, readOptions, UsageError } from './options.ts'

test('without options the shop runs its own orders in memory', () => {
  const options = readOptions([])

  expect(options.orders).toMatch(/orders\.jsonl$/)
  expect(options.broker).toEqual({ kind: 'memory' })
})

test.each(['rabbitmq', 'sqs', 'redis'])('%s is known, and said not to be here yet', (broker) => {
  expect(() => readOptions(['--broker', broker])).toThrow(BrokerNotAvailableError)
})

test.each([
  [['--broker', 'kafka'], { kind: 'start', name: 'kafka' }],
  [['--broker', 'kafka', '--url', 'kafka://127.0.0.1:9092'], { kind: 'url', url: 'kafka://127.0.0.1:9092' }],
  [['--url', 'kafka://127.0.0.1:9092'], { kind: 'url', url: 'kafka://127.0.0.1:9092' }],
])('%j is a server', (args, broker) => {
  expect(readOptions(args).broker).toEqual(broker)
})

test.each([
  ['an unknown broker', ['--broker', 'toString']],
  ['an unknown sabotage', ['--sabotage', '__proto__']],
  ['a URL of memory, which no other process sees', ['--url', 'memory:shop']],
  ['a seed that is no number', ['--seed', '1e9']],
  ['a process to kill that there is not', ['--kill', 'journal-relay']],
  ['an unknown option', ['--fast']],
  ['a file that is not there', ['--orders', '/nowhere/orders.jsonl']],
  ['a folder for a file', ['--orders', '/']],
  ['a folder that is not there', ['--folder', '/nowhere']],
])('%s is refused', (_case, args) => {
  expect(() => readOptions(args)).toThrow(UsageError)
})
