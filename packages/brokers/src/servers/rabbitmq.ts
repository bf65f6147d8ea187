import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensurePrograms, find, type Wanted } from '../install/apt.ts'
import { amqpReady } from '../ready/amqp.ts'
import type { Config, Place, Programs, Recipe } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { startServer } from '../start-server.ts'

/** RabbitMQ, one node, the user guest. `amqp://guest:guest@host:port`. */
export function startRabbitmq(options: ServerOptions = {}): Promise<Server> {
  return startServer(rabbitmq, options)
}

/** Debian's command on `PATH` switches to a user and folders of the system's; the script behind it doesn't. */
const server: Wanted = { program: 'rabbitmq-server', folders: ['/usr/lib/rabbitmq/bin'], from: 'rabbitmq-server' }
const epmd: Wanted = { program: 'epmd', from: 'erlang-base' }

export const rabbitmq: Recipe = {
  name: 'rabbitmq',
  variable: 'EVENTSPINE_TEST_RABBITMQ_URL',
  deadlineMs: 90_000,
  url: (port) => `amqp://guest:guest@127.0.0.1:${port}`,
  ready: amqpReady,
  native: { install: async () => void (await ensurePrograms([server, epmd])), ports: 3, prepare },
  container: {
    image: 'rabbitmq:3.13',
    port: 5672,
    run: (_port, config) => ({
      files: { '/etc/rabbitmq/conf.d/90-eventspine.conf': asLines({ loopback_users: 'none', ...config }) },
    }),
  },
}

async function prepare({ folder, ports, config }: Place): Promise<Programs> {
  const [port, distribution, mapper] = ports
  const file = (name: string): string => join(folder, name)
  await writeFile(
    file('rabbitmq.conf'),
    asLines({ 'listeners.tcp.1': `127.0.0.1:${port}`, 'log.console': 'true', 'log.console.level': 'info', ...config }),
  )
  await writeFile(file('enabled_plugins'), '[].\n')
  const env = {
    HOME: folder,
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: file('rabbitmq.pid'),
    RABBITMQ_NODENAME: `eventspine-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
  // Erlang starts its port mapper as a daemon that nobody ever ends; one of our own group is there first.
  const script = '"$1" & exec "$2"'
  const args = ['-c', script, 'sh', await find(epmd), await find(server)]
  return { server: { command: '/bin/sh', args, env } }
}

function asLines(config: Config): string {
  return Object.entries(config)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
}
