import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const worker = fileURLToPath(new URL('./inbox-worker.ts', import.meta.url))
const kills = 20
const events = 2_000

describe('sqliteInbox in a process that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eventspine-inbox-'))
  const path = join(folder, 'shop.db')
  const app = new DatabaseSync(path)
  app.exec('pragma journal_mode = wal; create table effects (id text not null, step integer not null) strict')
  afterAll(() => {
    app.close()
    rmSync(folder, { recursive: true })
  })

  const start = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, ['--conditions=@eventspine/source', worker, path, String(events)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  /** Everything done so far, with how often. */
  const counts = (): { ids: number; rows: number; marks: number } => {
    const row = app
      .prepare(
        `select count(distinct id) as ids, count(*) as rows, (select count(*) from eventspine_inbox) as marks from effects`,
      )
      .get()
    return row as { ids: number; rows: number; marks: number }
  }

  it('has both effects of each event exactly once, whenever it was killed', async () => {
    let interrupted = 0
    for (let n = 0; n < kills; n++) {
      const child = start()
      const exit = once(child, 'exit')
      await Promise.race([child.stdout && once(child.stdout, 'data'), exit])
      await pause(10 + Math.random() * 60)
      child.kill('SIGKILL')
      const [, signal] = await exit
      if (signal === 'SIGKILL') interrupted++
      const { ids, rows, marks } = counts()
      expect([rows, marks]).toEqual([2 * ids, ids])
    }
    expect(interrupted).toBe(kills)
    const last = start()
    last.stdout?.resume()
    expect(await once(last, 'exit')).toEqual([0, null])
    expect(counts()).toEqual({ ids: events, rows: 2 * events, marks: events })
  }, 60_000)
})
