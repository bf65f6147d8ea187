import { expect, test } from 'vitest'
import { shown } from './format.ts'

test('foreign text can not move the cursor, break the line or turn the writing around', () => {
  expect(shown('a\u001b[2Jb\nc\u202ed\u009be')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde')
})

test('long text is cut between characters', () => {
  expect(shown('𠮷𠮷𠮷', 2)).toBe('𠮷𠮷…')
})
