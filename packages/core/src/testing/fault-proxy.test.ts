import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'

/** Answers each chunk with itself and remembers what it got. */
let echo: Server
let received: string
let proxy: FaultProxy
const sockets: Socket[] = []

beforeEach(async () => {
  received = ''
  echo = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk
      socket.write(chunk)
    })
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  proxy = await createFaultProxy({ targetHost: '127.0.0.1', targetPort: address.port })
})

afterEach(async () => {
  await proxy.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  await new Promise((resolve) => echo.close(resolve))
})

interface Client {
  readonly socket: Socket
  readonly got: () => string
  readonly ended: () => boolean
  readonly error: () => string | undefined
}

async function open(): Promise<Client> {
  const socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true })
  sockets.push(socket)
  let got = ''
  let ended = false
  let code: string | undefined
  socket.on('data', (chunk) => {
    got += chunk
  })
  socket.on('end', () => {
    ended = true
  })
  socket.on('error', (error) => {
    code = (error as NodeJS.ErrnoException).code
  })
  await once(socket, 'connect')
  return { socket, got: () => got, ended: () => ended, error: () => code }
}

const answers = (client: Client, text: string): Promise<void> => expect.poll(client.got).toBe(text)

describe('the TCP fault proxy', () => {
  it('passes bytes both ways and counts its connections', async () => {
    const client = await open()
    client.socket.write('hello')
    await answers(client, 'hello')
    expect(proxy.connections).toBe(1)
    client.socket.end()
    await expect.poll(() => proxy.connections).toBe(0)
  })

  it('passes a megabyte whole to a slow reader', async () => {
    const client = await open()
    client.socket.pause()
    const payload = 'x'.repeat(1_048_576)
    client.socket.write(payload)
    await sleep(20)
    client.socket.resume()
    await expect.poll(() => client.got().length).toBe(payload.length)
  })

  it('delays chunks and keeps their order', async () => {
    const client = await open()
    proxy.delay(40)
    const start = performance.now()
    client.socket.write('one ')
    await sleep(10)
    client.socket.write('two')
    await answers(client, 'one two')
    expect(performance.now() - start).toBeGreaterThanOrEqual(78)
  })

  it('loses answers after the server has acted, and the connection with them', async () => {
    proxy.dropResponses({ ratio: 1, seed: 1 })
    const client = await open()
    client.socket.write('charge')
    await expect.poll(client.error).toBe('ECONNRESET')
    expect(received).toBe('charge')
    expect(client.got()).toBe('')
    proxy.heal()
    const next = await open()
    next.socket.write('again')
    await answers(next, 'again')
  })

  it('loses the same answers for the same seed', async () => {
    const run = async (): Promise<number> => {
      proxy.dropResponses({ ratio: 0.3, seed: 42 })
      const client = await open()
      for (let sent = 1; ; sent++) {
        const before = client.got().length
        client.socket.write('x')
        await expect.poll(() => client.error() !== undefined || client.got().length > before).toBe(true)
        if (client.error() !== undefined) return sent
      }
    }
    expect(await run()).toBe(await run())
  })

  it('swallows everything in a black hole, without closing a socket, and resets on healing', async () => {
    const before = await open()
    proxy.blackHole()
    const during = await open()
    before.socket.write('lost')
    during.socket.write('lost too')
    await sleep(50)
    expect(received).toBe('')
    expect([before.error(), during.error(), before.ended()]).toEqual([undefined, undefined, false])
    proxy.heal()
    await expect.poll(before.error).toBe('ECONNRESET')
    const after = await open()
    after.socket.write('back')
    await answers(after, 'back')
  })

  it('leaves existing connections half-open while new ones pass', async () => {
    const before = await open()
    proxy.blackHole({ existingOnly: true })
    const after = await open()
    before.socket.write('silence')
    after.socket.write('sound')
    await answers(after, 'sound')
    expect([before.got(), before.error(), received]).toEqual(['', undefined, 'sound'])
  })

  it('resets every connection, and new ones pass', async () => {
    const [one, two] = [await open(), await open()]
    proxy.reset()
    await expect.poll(one.error).toBe('ECONNRESET')
    await expect.poll(two.error).toBe('ECONNRESET')
    const next = await open()
    next.socket.write('hello')
    await answers(next, 'hello')
  })

  it("ends the server's side of a connection that the client still may write to", async () => {
    const client = await open()
    proxy.halfClose()
    await expect.poll(client.ended).toBe(true)
    client.socket.write('still')
    await expect.poll(() => received).toBe('still')
  })

  it('resets the client when the server can not be reached', async () => {
    const closed = await createFaultProxy({ targetHost: '127.0.0.1', targetPort: 1 })
    const socket = connect({ host: closed.host, port: closed.port })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    await closed.close()
  })
})
