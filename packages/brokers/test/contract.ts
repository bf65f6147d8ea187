import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { anyAlive, processTree } from '../src/native/process-tree.ts'
import type { Config, Recipe } from '../src/recipe.ts'
import type { Server, ServerOptions } from '../src/server.ts'

export interface Specimen {
  readonly recipe: Recipe
  start(options: ServerOptions): Promise<Server>
  /** By a real client over a connection of its own. */
  write(url: string, value: string): Promise<void>
  /** All that was written, in order. */
  read(url: string): Promise<string[]>
  /** A setting with which the server can't start, and what its log says about it. */
  readonly broken?: { readonly config: Config; readonly says: RegExp }
}

/** What holds for every server, whichever it is. */
export function testServer({ recipe, start, write, read, broken }: Specimen): void {
  // Where the machine is shared, a start takes many times as long.
  describe(recipe.name, { timeout: 120_000 }, () => {
    let server: Server
    beforeAll(async () => {
      server = await start({ own: true })
    }, 300_000)
    afterAll(() => server?.stop())

    const answers = (timeoutMs: number): Promise<void> =>
      recipe.ready(Number(new URL(server.url).port), AbortSignal.timeout(timeoutMs))

    test('serves a real client', async () => {
      await write(server.url, 'first')
      expect(await read(server.url)).toEqual(['first'])
    })

    test('comes back on the same data and port after a kill', async () => {
      await write(server.url, 'second')
      const { url } = server
      await server.kill()
      await expect(answers(1000)).rejects.toThrow()
      await server.restart()
      expect(server.url).toBe(url)
      expect(await read(url)).toEqual(['first', 'second'])
    })

    test('says nothing while paused and goes on where it stood', async () => {
      await server.pause()
      await expect(answers(300)).rejects.toThrow(/no answer|due to timeout/)
      await server.resume()
      await answers(10_000)
      await write(server.url, 'third')
      expect(await read(server.url)).toEqual(['first', 'second', 'third'])
    })

    test('restarts out of a pause', async () => {
      await server.pause()
      await server.restart()
      expect(await read(server.url)).toHaveLength(3)
    })

    test('refuses to pause when it does not run, and to restart when it was stopped', async () => {
      await server.kill()
      await server.kill()
      await expect(server.pause()).rejects.toMatchObject({ code: 'server-not-running' })
      await server.stop()
      await server.stop()
      await expect(server.restart()).rejects.toMatchObject({ code: 'server-not-running' })
    })

    if (broken) {
      test('shows its log when it does not start', async () => {
        const failure = start({ config: broken.config })
        await expect(failure).rejects.toMatchObject({ code: 'server-failed' })
        await expect(failure).rejects.toThrow(broken.says)
      })
    }

    test('leaves no process and no file behind when its owner is killed', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'eventspine-owner-'))
      onTestFinished(() => rm(folder, { recursive: true, force: true }))
      // PostgreSQL runs as another user than root and has to pass through.
      await chmod(folder, 0o755)
      const owner = await startOwner(recipe.name, folder)
      const left = processTree(owner.pid as number)
      expect(left.length).toBeGreaterThan(2)
      expect(await readdir(folder)).not.toEqual([])
      owner.kill('SIGKILL')
      const gone = async (): Promise<void> => {
        expect(anyAlive(left)).toBe(false)
        expect(await readdir(folder)).toEqual([])
      }
      await vi.waitFor(gone, { timeout: 10_000, interval: 50 })
    })
  })
}

/** A process that has started one server, its temporary files in `folder`. */
async function startOwner(name: string, folder: string): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./owner.ts', import.meta.url))
  // The empty variable hides a server of the environment's, which nobody could clean up after.
  const env = { ...process.env, TMPDIR: folder, [`EVENTSPINE_TEST_${name.toUpperCase()}_URL`]: '' }
  const child = spawn(process.execPath, [file, name], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')])
  expect(line).toContain('://')
  return child
}
