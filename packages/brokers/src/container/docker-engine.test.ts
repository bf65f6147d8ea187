import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { engineSocket } from './docker-engine.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eventspine-docker-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function listen(name: string, status: number): Promise<Disposable & { socket: string; asked: string[] }> {
  const socket = join(folder, name)
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end('OK')
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return { socket, asked, [Symbol.dispose]: () => server.close() }
}

test('finds the first engine that answers a ping', async () => {
  using broken = await listen('broken.sock', 500)
  using engine = await listen('engine.sock', 200)
  expect(await engineSocket([join(folder, 'none.sock'), broken.socket, engine.socket])).toBe(engine.socket)
  expect([broken.asked, engine.asked]).toEqual([['/_ping'], ['/_ping']])
})

test('finds none where nobody listens', async () => {
  expect(await engineSocket([join(folder, 'none.sock')])).toBeUndefined()
})
