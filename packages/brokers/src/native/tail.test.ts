import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tail } from './tail.ts'

test('reads whole lines off the end, all of a short file, and nothing where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eventspine-tail-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'log')
  await writeFile(file, 'first\nsecond\nthird\n')
  expect(await tail(file, 15)).toBe('second\nthird\n')
  expect(await tail(file, 100)).toBe('first\nsecond\nthird\n')
  expect(await tail(join(folder, 'none'), 100)).toBe('')
})
