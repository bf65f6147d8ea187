import { afterEach, expect, test, vi } from 'vitest'
import type { Recipe } from './recipe.ts'
import { startServer } from './start-server.ts'

const recipe: Recipe = {
  name: 'redis',
  variable: 'EVENTSPINE_TEST_REDIS_URL',
  deadlineMs: 1000,
  url: (port) => `redis://127.0.0.1:${port}`,
  ready: async () => {},
  native: {
    ports: 1,
    install: () => Promise.reject(new Error('redis-server missing, and no apt-get to install from')),
    prepare: () => Promise.reject(new Error('not installed')),
  },
}

const url = 'rediss://somebody:secret@redis.example:6380'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('takes the server that the environment names and leaves it alone', async () => {
  vi.stubEnv('EVENTSPINE_TEST_REDIS_URL', url)
  const server = await startServer(recipe, {})
  expect(server).toMatchObject({ name: 'redis', origin: 'environment', url })
  await expect(server.kill()).rejects.toMatchObject({ code: 'server-not-ours' })
  await expect(server.pause()).rejects.toThrow(/EVENTSPINE_TEST_REDIS_URL names: ours to use, not to pause/)
  await server.stop()
})

test('passes over the environment for a server to configure or to kill', async () => {
  vi.stubEnv('EVENTSPINE_TEST_REDIS_URL', url)
  await expect(startServer(recipe, { own: true })).rejects.toMatchObject({ code: 'server-missing' })
  await expect(startServer(recipe, { config: {} })).rejects.toMatchObject({ code: 'server-missing' })
})

test('names the three ways when none leads to a server', async () => {
  vi.stubEnv('EVENTSPINE_TEST_REDIS_URL', '')
  const failure = startServer(recipe, {})
  await expect(failure).rejects.toMatchObject({ name: 'ServerMissingError', code: 'server-missing' })
  await expect(failure).rejects.toThrow(
    /set EVENTSPINE_TEST_REDIS_URL, or run a Docker engine, or install it.*no apt-get/,
  )
})
