import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineConfig, loadConfig } from './config.ts'

let folder: string
const write = async (name: string, text: string): Promise<URL> => {
  await writeFile(join(folder, name), text)
  return pathToFileURL(join(folder, name))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eventspine-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('checks a config where it is written', () => {
  expect(() => defineConfig({ source: 'orders service', transport: 'memory:' })).toThrow(/source.*URI/)
  expect(() => defineConfig({ source: '/orders', transport: 'memory:', stopGraceMs: -1 })).toThrow(/stopGraceMs/)
  expect(defineConfig({ source: '/orders', transport: 'memory:' }).transport).toBe('memory:')
})

it('loads the default export of a module', async () => {
  const at = await write('good.mjs', "export default { source: '/orders', transport: 'memory:' }")
  expect(await loadConfig(at)).toEqual({ source: '/orders', transport: 'memory:' })
})

it('says what is wrong with a module that is no config', async () => {
  await expect(loadConfig(await write('none.mjs', 'export const config = {}'))).rejects.toThrow(/export default/)
  await expect(loadConfig(await write('empty.mjs', 'export default {}'))).rejects.toThrow(/source/)
  await expect(loadConfig(new URL('missing.mjs', pathToFileURL(`${folder}/`)))).rejects.toMatchObject({
    code: 'invalid-config',
    cause: expect.any(Error),
  })
})

it('refuses a relative path, which nobody would know the base of', async () => {
  await expect(loadConfig('./eventspine.config.ts')).rejects.toThrow(/import\.meta\.url/)
})
