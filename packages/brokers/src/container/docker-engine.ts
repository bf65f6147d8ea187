import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The socket of a Docker engine on this machine that answers, if there is one. An engine elsewhere isn't looked for. */
export async function engineSocket(sockets: readonly string[] = usualSockets()): Promise<string | undefined> {
  for (const socket of sockets) if (await answers(socket)) return socket
  return undefined
}

function usualSockets(): string[] {
  const { DOCKER_HOST, XDG_RUNTIME_DIR } = process.env
  if (DOCKER_HOST) return DOCKER_HOST.startsWith('unix://') ? [DOCKER_HOST.slice('unix://'.length)] : []
  const rootless = XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'docker.sock')] : []
  return ['/var/run/docker.sock', ...rootless, join(homedir(), '.docker/run/docker.sock')]
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200))
    })
    ping.on('timeout', () => ping.destroy())
    ping.on('error', () => resolve(false))
    ping.end()
  })
}
