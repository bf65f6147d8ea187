import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the range from which systems take ports for outgoing connections: a client that keeps dialling a killed server's
 * port would sooner or later be given that very port, connect to itself and block the restart.
 */
const lowest = 20_000
const highest = 32_000

/** Ports of 127.0.0.1 that nobody listens on now; another process may still be faster, so a start may try again. */
export async function freePorts(count: number): Promise<[number, ...number[]]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(lowest, highest)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports] as [number, ...number[]]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
