import { execFileSync } from 'node:child_process'
import { chown } from 'node:fs/promises'
import { join } from 'node:path'
import { ensurePrograms, find, type Wanted } from '../install/apt.ts'
import { run } from '../install/run.ts'
import { postgresReady } from '../ready/postgres.ts'
import type { Config, Place, Programs, Recipe, User } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { startServer } from '../start-server.ts'

/** PostgreSQL with its own defaults, fsync included. `postgres://postgres@host:port/postgres`, no password. */
export function startPostgres(options: ServerOptions = {}): Promise<Server> {
  return startServer(postgres, options)
}

const folders = ['/usr/lib/postgresql/*/bin']
const server: Wanted = { program: 'postgres', folders, from: 'postgresql' }
const initdb: Wanted = { program: 'initdb', folders, from: 'postgresql' }

export const postgres: Recipe = {
  name: 'postgres',
  variable: 'EVENTSPINE_TEST_POSTGRES_URL',
  deadlineMs: 30_000,
  url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  ready: postgresReady,
  native: { install: async () => void (await ensurePrograms([server, initdb])), ports: 1, prepare },
  container: {
    image: 'postgres:15',
    port: 5432,
    run: (_port, config) => ({
      env: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
      command: ['postgres', ...asArguments(config)],
    }),
  },
}

async function prepare({ folder, ports: [port], config }: Place): Promise<Programs> {
  const data = join(folder, 'data')
  const user = unprivileged()
  if (user) await chown(folder, user.uid, user.gid)
  const cluster = ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C']
  // Only the making isn't synced: an empty cluster that a crash spoils is made again.
  await run(await find(initdb), [...cluster, '--no-sync', '--no-instructions'], { cwd: folder, ...user })
  const place = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '']
  const program = { command: await find(server), args: [...place, ...asArguments(config)] }
  return { server: user ? { ...program, user } : program }
}

function asArguments(config: Config): string[] {
  return Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${value}`])
}

/** PostgreSQL refuses to run as root; its package brings a user. */
function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
