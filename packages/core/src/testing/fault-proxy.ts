import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { seededRandom } from './transport/random.ts'

export interface FaultProxyOptions {
  readonly targetHost: string
  readonly targetPort: number
}

/**
 * A TCP proxy on 127.0.0.1 that misbehaves on demand. Faults add up until `heal()`; each holds for connections that exist
 * and for new ones, unless it says otherwise.
 */
export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** Connections that are open now, for a test that wants to see a reconnect. */
  readonly connections: number
  /** Every chunk waits this long, both ways, in order. */
  delay(delayMs: number): void
  /**
   * This share of the chunks from the server is lost, and its connection with it: half a stream would be a lie that no
   * network tells. So the server has done what was asked, and the client never learns.
   */
  dropResponses(options: { ratio: number; seed: number }): void
  /** Bytes vanish both ways, no socket closes. `existingOnly`: new connections pass, so those of now are half-open. */
  blackHole(options?: { existingOnly?: boolean }): void
  /** RST on both sides of every connection; new ones pass. */
  reset(): void
  /** Ends the server's side of every connection, as a server that said goodbye; new ones pass. */
  halfClose(): void
  /** No faults any more. Connections that lost bytes to a black hole are reset, since nothing can mend them. */
  heal(): void
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  /** It has swallowed, or will swallow, bytes. */
  silent: boolean
}

interface Faults {
  delayMs: number
  silentFromNow: boolean
  loses: () => boolean
}

export async function createFaultProxy({ targetHost, targetPort }: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>()
  const faults: Faults = { delayMs: 0, silentFromNow: false, loses: never }

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = dial({ host: targetHost, port: targetPort, allowHalfOpen: true })
    const link: Link = { client, server, silent: faults.silentFromNow }
    links.add(link)
    pipe(link, client, server, faults, never)
    pipe(link, server, client, faults, () => faults.loses())
    const gone = (): void => void links.delete(link)
    client.once('close', gone)
    server.once('close', gone)
  })
  const port = await listen(listener)

  return {
    host: '127.0.0.1',
    port,
    get connections() {
      return links.size
    },
    delay(delayMs) {
      faults.delayMs = delayMs
    },
    dropResponses({ ratio, seed }) {
      const random = seededRandom(seed)
      faults.loses = () => random() < ratio
    },
    blackHole(options = {}) {
      faults.silentFromNow = options.existingOnly !== true
      for (const link of links) link.silent = true
    },
    reset() {
      for (const link of links) sever(link)
    },
    halfClose() {
      for (const { client } of links) client.end()
    },
    heal() {
      Object.assign(faults, { delayMs: 0, silentFromNow: false, loses: never })
      for (const link of links) if (link.silent) sever(link)
    },
    close() {
      for (const link of links) sever(link)
      return new Promise((resolve) => listener.close(() => resolve()))
    },
  }
}

const never = (): boolean => false

/** One direction of a link. The end of one side is passed on behind its bytes; an error severs both. */
function pipe(link: Link, from: Socket, to: Socket, faults: Faults, loses: () => boolean): void {
  let queue: Promise<void> = Promise.resolve()
  const inOrder = (step: () => void): void => {
    const { delayMs } = faults
    if (delayMs === 0 && pending === 0) return step()
    pending += 1
    const due = delayMs === 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, delayMs))
    queue = Promise.all([queue, due]).then(() => {
      pending -= 1
      step()
    })
  }
  let pending = 0
  from.on('data', (chunk) => {
    if (link.silent) return
    if (loses()) return sever(link)
    inOrder(() => forward(link, from, to, chunk))
  })
  from.on('end', () => inOrder(() => void (link.silent || to.end())))
  from.on('error', () => sever(link))
}

/** Keeps the sender waiting while the receiver is full, as the network would. */
function forward(link: Link, from: Socket, to: Socket, chunk: Buffer): void {
  if (link.silent || to.destroyed || to.writableEnded) return
  if (to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}

function sever({ client, server }: Link): void {
  for (const socket of [client, server]) {
    if (!socket.destroyed) socket.resetAndDestroy()
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address.port)
    })
  })
}
