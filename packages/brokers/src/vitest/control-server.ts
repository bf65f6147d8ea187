import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ServerError } from '../errors.ts'
import type { Server, ServerName, ServerOptions } from '../server.ts'
import type { Answer, Request } from './protocol.ts'

export interface ControlServer {
  /** On 127.0.0.1, with a secret in its path: nobody else on the machine is to kill our servers. */
  readonly url: string
  /** Stops every server that was started. */
  close(): Promise<void>
}

export type Start = (name: ServerName, options: ServerOptions) => Promise<Server>

/** Owns the servers of a test run: starts each at its first mention, and takes orders from the run's other processes. */
export async function startControl(start: Start): Promise<ControlServer> {
  const servers = new Map<string, Promise<Server>>()
  const find = (request: Request): Promise<Server> => {
    const { name, instance, options } = request
    const key = JSON.stringify([name, instance, options])
    const known = servers.get(key)
    if (known) return known
    const starting = start(name, options)
    servers.set(key, starting)
    // A start that failed is no server: whoever asks next tries again.
    starting.catch(() => servers.delete(key))
    return starting
  }

  const path = `/${randomUUID()}`
  const http = createServer((request, response) => {
    if (request.url === path) void answer(request, response, find)
    else response.writeHead(404).end()
  })
  // A start may take minutes when something has to be installed first.
  http.requestTimeout = 0
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  http.unref()
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${path}`,
    close: async () => {
      http.close()
      http.closeAllConnections()
      const started = await Promise.allSettled(servers.values())
      await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)))
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  find: (request: Request) => Promise<Server>,
): Promise<void> {
  const reply = await obey(JSON.parse(await text(request)) as Request, find)
  response.end(JSON.stringify(reply))
}

async function obey(request: Request, find: (request: Request) => Promise<Server>): Promise<Answer> {
  try {
    const server = await find(request)
    const { url, origin } = server
    const log = request.verb === 'log' ? await server.log() : ''
    if (request.verb !== 'open' && request.verb !== 'log') await server[request.verb]()
    return { url, origin, log }
  } catch (error) {
    return { code: error instanceof ServerError ? error.code : '', message: (error as Error).message }
  }
}
