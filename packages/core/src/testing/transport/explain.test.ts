import assert from 'node:assert/strict'
import { expect, it } from 'vitest'
import { explain } from './explain.ts'

it('adds to the message, and to the stack that node:assert has written', () => {
  try {
    assert.equal(1, 2, 'one is two')
  } catch (error) {
    const explained = explain(explain(error, 'group a'), 'seed 7') as Error
    expect(explained).toBe(error)
    expect(explained.message).toMatch(/^one is two\b[\s\S]*\ngroup a\nseed 7$/)
    expect(explained.stack).toContain(explained.message)
  }
  expect(explain('no error', 'seed 7')).toBe('no error')
})
