import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { httpReady } from '../ready/http.ts'
import type { Place, Program, Programs, Recipe } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { startServer } from '../start-server.ts'

/**
 * An emulator of SQS and SNS (fauxqs). AWS forgets nothing when an endpoint goes away, and the emulator keeps all in memory:
 * so it runs as two processes, and what is killed, paused and restarted is the endpoint. `http://host:port`.
 */
export function startSqs(options: Omit<ServerOptions, 'config'> = {}): Promise<Server> {
  return startServer(sqs, options)
}

export const sqs: Recipe = {
  name: 'sqs',
  variable: 'EVENTSPINE_TEST_SQS_URL',
  deadlineMs: 30_000,
  url: (port) => `http://127.0.0.1:${port}`,
  ready: httpReady('/health'),
  native: { install: async () => {}, ports: 1, prepare },
}

async function prepare({ folder, ports: [port] }: Place): Promise<Programs> {
  const socket = join(folder, 'store.sock')
  return { companion: script('store', socket), server: script('endpoint', socket, String(port)) }
}

function script(name: 'store' | 'endpoint', ...args: string[]): Program {
  return { command: process.execPath, args: [fileURLToPath(new URL(`../sqs/${name}.ts`, import.meta.url)), ...args] }
}
