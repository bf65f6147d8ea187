import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { InboxBusyError, InboxStoreError, InvalidMiddlewareError } from '@eventspine/core'
import { testInboxStore } from '@eventspine/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SqliteInboxOptions } from './inbox-options.ts'
import { type SqliteInbox, sqliteInbox } from './inbox-store.ts'

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'eventspine-inbox-'))

testInboxStore(
  { describe, it },
  {
    name: 'sqliteInbox',
    transactional: true,
    async open() {
      const folder = newFolder()
      const path = join(folder, 'shop.db')
      const app = new DatabaseSync(path)
      app.exec('create table effects (name text not null) strict')
      const inboxes = [sqliteInbox({ path })]
      return {
        inbox: inboxes[0] as SqliteInbox,
        another() {
          const inbox = sqliteInbox({ path })
          inboxes.push(inbox)
          return inbox
        },
        affect: (tx, name) => void tx.prepare('insert into effects values (?)').run(name),
        async effects() {
          const rows = app.prepare('select name, count(*) as n from effects group by name').all()
          return new Map(rows.map((row) => [row.name as string, row.n as number]))
        },
        async close() {
          for (const inbox of inboxes) inbox.close()
          app.close()
          rmSync(folder, { recursive: true })
        },
      }
    },
  },
)

describe('sqliteInbox', () => {
  let folder: string
  let path: string
  let app: DatabaseSync
  let inbox: SqliteInbox
  const open = (options: Partial<SqliteInboxOptions> = {}): SqliteInbox => sqliteInbox({ path, ...options })
  const key = { group: 'billing', source: 'shop', id: 'e-1' }

  beforeEach(() => {
    folder = newFolder()
    path = join(folder, 'shop.db')
    app = new DatabaseSync(path)
    app.exec('create table effects (name text not null) strict')
    inbox = open({ busyTimeoutMs: 50 })
  })
  afterEach(() => {
    inbox.close()
    app.close()
    rmSync(folder, { recursive: true })
  })

  const marks = (): number => app.prepare('select count(*) as n from eventspine_inbox').get()?.n as number

  it('gives every run a connection of its own, which is closed when the run is over', async () => {
    const seen: DatabaseSync[] = []
    for (const id of ['a', 'b']) await inbox.once({ ...key, id }, async (tx) => void seen.push(tx))
    expect(new Set(seen).size).toBe(2)
    for (const tx of seen) expect(() => tx.exec('select 1')).toThrow(/not open/)
  })

  it('keeps what others write out of the transaction of a handler that fails', async () => {
    const aside = new DatabaseSync(path, { timeout: 0 })
    const failing = inbox.once(key, async (tx) => {
      tx.exec(`insert into effects values ('inside')`)
      expect(() => aside.exec(`insert into effects values ('outside')`)).toThrow(/locked/)
      throw new Error('refused')
    })
    await expect(failing).rejects.toThrow('refused')
    aside.exec(`insert into effects values ('outside')`)
    expect(app.prepare('select name from effects').all()).toEqual([{ name: 'outside' }])
    aside.close()
  })

  it('is busy, and can be tried again, when somebody else keeps the database locked', async () => {
    app.exec('begin immediate')
    let ran = false
    const work = async (): Promise<void> => {
      ran = true
    }
    await expect(inbox.once(key, work)).rejects.toThrow(InboxBusyError)
    await expect(inbox.sweep(0)).rejects.toThrow(InboxBusyError)
    expect(ran).toBe(false)
    app.exec('commit')
    expect(await inbox.once(key, work)).toBe('done')
  })

  it('waits for a lock without blocking the process that holds it', async () => {
    const patient = open({ busyTimeoutMs: 5_000 })
    app.exec('begin immediate')
    setTimeout(() => app.exec('commit'), 30)
    expect(await patient.once(key, async () => {})).toBe('done')
    patient.close()
  })

  it('finds a duplicate although somebody else keeps the database locked', async () => {
    await inbox.once(key, async () => {})
    app.exec('begin immediate')
    expect(await inbox.once(key, async () => {})).toBe('duplicate')
    app.exec('rollback')
  })

  it.each(['commit', 'rollback'])('tells a handler that ends the transaction by %s itself', async (ending) => {
    const meddling = inbox.once(key, async (tx) => tx.exec(ending))
    await expect(meddling).rejects.toThrow(/ended before its handler/)
  })

  it('counts an event as new again when its mark is older than the retention', async () => {
    await inbox.once(key, async () => {})
    app.exec('update eventspine_inbox set done_at = done_at - 7 * 86400000 + 60000')
    expect(await inbox.once(key, async () => {})).toBe('duplicate')
    app.exec('update eventspine_inbox set done_at = done_at - 60000')
    expect(await inbox.once(key, async () => {})).toBe('done')
    expect(await inbox.once(key, async () => {})).toBe('duplicate')
  })

  it('removes marks past their retention along the way', async () => {
    for (let n = 0; n < 99; n++) await inbox.once({ ...key, id: `old-${n}` }, async () => {})
    app.exec('update eventspine_inbox set done_at = 0')
    await inbox.once(key, async () => {})
    expect(marks()).toBe(1)
  })

  it('sweeps in steps that let others write in between', async () => {
    app.exec(`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 5000)
      insert into eventspine_inbox select 'billing', 'shop', n, 0 from numbers`)
    let left: number | undefined
    const sweeping = inbox.sweep(60_000)
    await inbox.once(key, async (tx) => {
      left = tx.prepare('select count(*) as n from eventspine_inbox where done_at = 0').get()?.n as number
    })
    expect(await sweeping).toBe(5_000)
    expect(left).toBeGreaterThan(0)
    expect(marks()).toBe(1)
  })

  it('keeps its marks across a restart', async () => {
    await inbox.once(key, async () => {})
    inbox.close()
    inbox = open()
    expect(await inbox.once(key, async () => {})).toBe('duplicate')
  })

  it('refuses with a typed error after close, which is idempotent', async () => {
    inbox.close()
    inbox.close()
    await expect(inbox.once(key, async () => {})).rejects.toThrow(InboxStoreError)
  })

  it('keeps two inboxes of one file apart by their names', async () => {
    const other = open({ name: 'other_inbox' })
    await inbox.once(key, async () => {})
    expect(await other.once(key, async () => {})).toBe('done')
    other.close()
  })

  it('says with a typed error that it cannot open its file', () => {
    expect(() => open({ path: join(folder, 'missing', 'shop.db') })).toThrow(InboxStoreError)
  })

  it.each<Partial<SqliteInboxOptions>>([
    { path: ':memory:' },
    { path: '' },
    { name: 'Robert"); drop table effects; --' },
    { name: 'sqlite_inbox' },
    { retentionMs: 0 },
    { busyTimeoutMs: -1 },
  ])('refuses %o', (options) => {
    expect(() => open(options)).toThrow(InvalidMiddlewareError)
  })
})
