import { beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../src/server.ts'
import { redis as recipe } from '../src/servers/redis.ts'
import { connectServer } from '../src/vitest/connect-server.ts'

const answers = ({ url }: Server): Promise<void> => recipe.ready(Number(new URL(url).port), AbortSignal.timeout(1000))

describe('a server of the test run', () => {
  let server: Server
  beforeAll(async () => {
    server = await connectServer('redis', { instance: 'connect-server', own: true })
  }, 300_000)

  test('is the same for all that name it, and another under another name', async () => {
    const again = await connectServer('redis', { instance: 'connect-server', own: true })
    const other = await connectServer('redis', { instance: 'another', own: true })
    expect(again.url).toBe(server.url)
    expect(other.url).not.toBe(server.url)
  })

  test('is killed, restarted, paused and read from the process of a test file', async () => {
    await server.kill()
    await expect(answers(server)).rejects.toThrow()
    await server.restart()
    await server.pause()
    await expect(answers(server)).rejects.toThrow('no answer')
    await server.resume()
    await answers(server)
    expect(await server.log()).toContain('Ready to accept connections')
  })

  test('outlives the file that stops it', async () => {
    await server.stop()
    await answers(server)
  })

  test('rejects with the error of the process that owns it', async () => {
    await server.kill()
    await expect(server.pause()).rejects.toMatchObject({ name: 'ServerNotRunningError', code: 'server-not-running' })
    await server.restart()
  })

  test('is started again where an earlier start has failed', async () => {
    const start = (): Promise<Server> => connectServer('redis', { config: { appendfsync: 'perhaps' } })
    await expect(start()).rejects.toMatchObject({ code: 'server-failed' })
    await expect(start()).rejects.toMatchObject({ code: 'server-failed' })
  })
})
