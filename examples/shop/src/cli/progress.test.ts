import { expect, test } from 'vitest'
import { createProgress } from './progress.ts'

function run(terminal: { readonly isTTY: boolean; readonly columns?: number }, quiet = false): string {
  let written = ''
  const display = createProgress({ ...terminal, write: (text) => (written += text) }, { quiet })
  for (let placed = 0; placed <= 1_000; placed += 25) display.show({ done: placed / 1_000, placed, finished: placed })
  display.end()
  return written
}

test('a terminal sees one line, drawn over and over, that never wraps', () => {
  const frames = run({ isTTY: true, columns: 60 }).split('\r\u001b[K')

  expect(frames.length).toBeGreaterThan(20)
  expect(frames.every((frame) => frame.trimEnd().length < 60)).toBe(true)
  expect(frames.at(-1)).toMatch(/^█+ 100 % {2}1,000 of/)
})

test('a file sees a line for each tenth, and no control characters', () => {
  const lines = run({ isTTY: false }).trimEnd().split('\n')

  expect(lines).toHaveLength(10)
  expect(lines.at(-1)).toBe('100 %  1,000 of 1,000 orders finished')
  expect(lines.join('')).not.toContain('\u001b')
})

test('quiet is quiet', () => {
  expect(run({ isTTY: true }, true)).toBe('')
})
