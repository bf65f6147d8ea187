import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { readOptions } from './options.ts'

it('an outbox needs one place: a file or an open database', () => {
  const database = new DatabaseSync(':memory:')
  expect(readOptions({ path: 'app.db' })).toMatchObject({
    target: { path: 'app.db' },
    name: 'eventspine_outbox',
    partitions: 4,
  })
  expect(readOptions({ database }).target).toEqual({ database })
  for (const wrong of [
    {},
    { path: '' },
    { path: ':memory:' },
    { path: 'file:app.db?mode=memory' },
    { path: 'app.db', database },
  ]) {
    expect(() => readOptions(wrong)).toThrow(expect.objectContaining({ code: 'invalid-outbox' }))
  }
})

it.each([
  '',
  'Outbox',
  '1st',
  'a b',
  'a-b',
  'a.b',
  'a"b',
  "a'; drop table orders; --",
  'a\0',
  'outbox\n',
  'sqlite_outbox',
  'übergabe',
  'x'.repeat(41),
])('the name %j is refused', (name) => {
  expect(() => readOptions({ path: 'app.db', name })).toThrow(expect.objectContaining({ code: 'invalid-outbox' }))
})

it.each([
  { partitions: 0 },
  { partitions: 257 },
  { partitions: 1.5 },
  { busyTimeoutMs: -1 },
  { busyTimeoutMs: Number.NaN },
])('the option %j is refused', (wrong) => {
  expect(() => readOptions({ path: 'app.db', ...wrong })).toThrow(expect.objectContaining({ code: 'invalid-outbox' }))
})
