import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Part } from './part.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A process that says that it is ready, and goes on with `code`. */
function run(code: string): { readonly part: Part; readonly heard: unknown[] } {
  const file = join(folder, 'program.mjs')
  writeFileSync(file, `${code}\nprocess.send({ kind: 'ready' })`)
  const heard: unknown[] = []
  const part = new Part('order-relay', { entry: pathToFileURL(file), args: ['--folder', folder], env: {} }, (report) =>
    heard.push(report),
  )
  return { part, heard }
}

/** Stays until then. */
const onTerm = (code: string): string => `setInterval(() => {}, 1_000); process.on('SIGTERM', () => { ${code} })`

test('it is told which part it is, and what it reports is heard', async () => {
  const { part, heard } = run(
    `process.send({ kind: 'answer', refused: process.argv.slice(2).join(' ') }); ${onTerm('process.exit(0)')}`,
  )
  await part.ready
  await part.end()

  expect(heard).toEqual([{ kind: 'answer', refused: `relay order --folder ${folder}` }])
  expect(part.failure).toBeUndefined()
})

test('an end that nobody asked for is a failure, with what it wrote last', async () => {
  const { part } = run(`console.error('no disk in the drive'); process.exitCode = 0`)
  await part.ready
  await part.ended

  expect(part.failure).toMatchObject({
    message: 'The process order-relay ended with exit code 0.',
    stderr: 'no disk in the drive',
  })
})

test('an end with anything but 0 is a failure although it was asked for', async () => {
  const { part } = run(onTerm('process.exit(5)'))
  await part.ready

  await expect(part.end()).rejects.toThrow('The process order-relay ended with exit code 5.')
})

test('a kill of ours is no failure, one of somebody else is', async () => {
  const ours = run(onTerm('')).part
  await ours.ready
  await ours.kill()
  expect(ours.failure).toBeUndefined()

  const theirs = run(onTerm('')).part
  await theirs.ready
  process.kill(theirs.pid as number, 'SIGKILL')
  await theirs.ended
  expect(theirs.failure?.message).toBe('The process order-relay ended with SIGKILL.')
})
