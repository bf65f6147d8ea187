import { ensurePrograms, find, type Wanted } from '../install/apt.ts'
import { redisReady } from '../ready/redis.ts'
import type { Config, Recipe } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { startServer } from '../start-server.ts'

/** Redis with an append-only file: what it has acknowledged outlives a kill. `redis://host:port`. */
export function startRedis(options: ServerOptions = {}): Promise<Server> {
  return startServer(redis, options)
}

const program: Wanted = { program: 'redis-server', from: 'redis-server' }

/** Written before the answer and synced every second: it would take a crash of the machine to lose it. */
const settings: Config = { appendonly: 'yes', appendfsync: 'everysec', save: '""' }

export const redis: Recipe = {
  name: 'redis',
  variable: 'EVENTSPINE_TEST_REDIS_URL',
  deadlineMs: 30_000,
  url: (port) => `redis://127.0.0.1:${port}`,
  ready: redisReady,
  native: {
    install: async () => void (await ensurePrograms([program])),
    ports: 1,
    prepare: async ({ folder, ports: [port], config }) => {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...asArguments(config)]
      return { server: { command: await find(program), args } }
    },
  },
  container: {
    image: 'redis:7.0.15',
    port: 6379,
    run: (_port, config) => ({ command: ['redis-server', ...asArguments(config)] }),
  },
}

function asArguments(config: Config): string[] {
  return Object.entries({ ...settings, ...config }).flatMap(([key, value]) => [`--${key}`, value])
}
