import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withLock } from './lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eventspine-lock-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

test('lets one in at a time and leaves nothing behind', async () => {
  const seen: string[] = []
  const work = (name: string) => async (): Promise<void> => {
    seen.push(`${name} in`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    seen.push(`${name} out`)
  }
  await Promise.all([withLock('kafka', work('a')), withLock('kafka', work('b'))])
  expect(seen.map((entry) => entry.slice(2))).toEqual(['in', 'out', 'in', 'out'])
  expect(await readdir(join(folder, 'eventspine'))).toEqual([])
})

test('is free again when the work fails', async () => {
  await expect(withLock('kafka', () => Promise.reject(new Error('no network')))).rejects.toThrow('no network')
  expect(await withLock('kafka', async () => 'done')).toBe('done')
})

test('takes over from a process that has died', async () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  await withLock('other', async () => {
    await writeFile(join(folder, 'eventspine', 'kafka.lock'), String(pid))
  })
  expect(await withLock('kafka', async () => 'done')).toBe('done')
})
