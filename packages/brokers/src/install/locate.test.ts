import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { locate } from './locate.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eventspine-locate-'))
  for (const name of ['9/bin', '15/bin', 'path']) {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'postgres'), '')
    await chmod(join(folder, name, 'postgres'), 0o755)
  }
  vi.stubEnv('PATH', join(folder, 'path'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

test('prefers the newest packaged version to the one on PATH', async () => {
  expect(await locate('postgres', [join(folder, '*/bin')])).toBe(join(folder, '15/bin/postgres'))
  expect(await locate('postgres')).toBe(join(folder, 'path/postgres'))
})

test('passes over what cannot be run', async () => {
  await chmod(join(folder, '15/bin/postgres'), 0o644)
  expect(await locate('postgres', [join(folder, '*/bin')])).toBe(join(folder, '9/bin/postgres'))
  expect(await locate('initdb', [join(folder, '*/bin')])).toBeUndefined()
})
