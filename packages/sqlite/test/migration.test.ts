import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'

it('processes that make the tables at once all succeed, and one of them makes them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eventspine-migration-'))
  const path = join(folder, 'app.db')
  const module = new URL('migrating-process.ts', import.meta.url)
  const children = Array.from({ length: 6 }, () => fork(module, { execArgv: ['--conditions=@eventspine/source'] }))
  await Promise.all(children.map((child) => once(child, 'message')))
  const answers = children.map(async (child) => (await once(child, 'message'))[0])
  for (const child of children) child.send(path)
  expect(await Promise.all(answers)).toEqual(children.map(() => ({ pending: 0 })))
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')))
  expect(children.map((child) => child.exitCode)).toEqual(children.map(() => 0))

  const database = new DatabaseSync(path)
  const { n } = database.prepare('select count(*) as n from eventspine_outbox_partitions').get() as { n: number }
  expect(n).toBe(4)
  database.close()
  rmSync(folder, { recursive: true })
})
