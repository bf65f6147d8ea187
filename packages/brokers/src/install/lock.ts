import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheFolder } from './cache.ts'

/** Runs `work` in one process of this user at a time. A lock whose owner has died counts for nothing. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(await cacheFolder(), `${name}.lock`)
  const mine = `${lock}.${randomUUID()}`
  await writeFile(mine, String(process.pid))
  try {
    // A link appears with its content, so nobody ever reads an empty lock.
    while (!(await tryLink(mine, lock))) {
      if (await isAbandoned(lock)) await rm(lock, { force: true })
      else await sleep(200)
    }
    try {
      return await work()
    } finally {
      await rm(lock, { force: true })
    }
  } finally {
    await rm(mine, { force: true })
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    process.kill(Number(await readFile(lock, 'utf8')), 0)
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ESRCH'
  }
}
