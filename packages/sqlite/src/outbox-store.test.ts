import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SyncOutboxStore } from '@eventspine/core/outbox'
import { type OutboxScene, testOutboxStore } from '@eventspine/core/testing'
import { describe, it } from 'vitest'
import type { SqliteTransaction } from './outbox-append.ts'
import { sqliteOutbox } from './outbox-store.ts'

testOutboxStore<SqliteTransaction>({ describe, it }, { name: 'SQLite', concurrentWriters: false, open: openScene })

async function openScene({ partitions }: { readonly partitions: number }): Promise<OutboxScene<SqliteTransaction>> {
  const folder = mkdtempSync(join(tmpdir(), 'eventspine-outbox-'))
  const path = join(folder, 'app.db')
  const store = sqliteOutbox({ path, partitions })
  const others: SyncOutboxStore<SqliteTransaction>[] = []
  const application = new DatabaseSync(path, { timeout: 5_000 })
  return {
    store,
    async another() {
      const other = sqliteOutbox({ path, partitions })
      others.push(other)
      return other
    },
    async begin() {
      application.exec('begin immediate')
      const end = async (how: string): Promise<void> => {
        if (application.isTransaction) application.exec(how)
      }
      return { tx: application, commit: () => end('commit'), rollback: () => end('rollback') }
    },
    idle: async () => application,
    async close() {
      if (application.isTransaction) application.exec('rollback')
      application.close()
      for (const each of [store, ...others]) await each.close()
      rmSync(folder, { recursive: true })
    },
  }
}
