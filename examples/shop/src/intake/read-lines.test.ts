import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLines } from './read-lines.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-lines-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

async function read(content: string, maxBytes = 1_000) {
  const file = join(folder, 'lines')
  writeFileSync(file, content)
  const lines: [number, string | undefined, number][] = []
  for await (const { number, bytes, offset } of readLines(file, maxBytes))
    lines.push([number, bytes?.toString(), offset])
  return lines
}

test('lines are numbered from 1 and know where in the file they end', async () => {
  expect(await read('a\n\nçé\n')).toEqual([
    [1, 'a', 2],
    [2, '', 3],
    [3, 'çé', 8],
  ])
})

test('the last line needs no end', async () => {
  expect(await read('a\nb')).toEqual([
    [1, 'a', 2],
    [2, 'b', 3],
  ])
})

test('an empty file has no lines', async () => {
  expect(await read('')).toEqual([])
})

test('a line that is too long is left out, and the next one is whole', async () => {
  expect(await read(`ab\n${'x'.repeat(300_000)}\ncd\n`, 2)).toEqual([
    [1, 'ab', 3],
    [2, undefined, 300_004],
    [3, 'cd', 300_007],
  ])
})

test('a line that spans what is read at once is put together', async () => {
  const long = 'é'.repeat(100_000)

  expect(await read(`${long}\nend`, 1_000_000)).toEqual([
    [1, long, 200_001],
    [2, 'end', 200_004],
  ])
})
