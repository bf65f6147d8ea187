import { setImmediate as turn } from 'node:timers/promises'
import { sqliteInbox } from '../src/inbox-store.ts'

/** Delivers e-0, e-1, … to an inbox, each with one effect, for `inbox-crash.test.ts` to kill in the middle of it. */
const [path = '', count = '0'] = process.argv.slice(2)
const inbox = sqliteInbox({ path })
process.stdout.write('ready\n')
for (let n = 0; n < Number(count); n++) {
  const id = `e-${n}`
  await inbox.once({ group: 'billing', source: 'shop', id }, async (tx) => {
    tx.prepare('insert into effects values (?, 1)').run(id)
    await turn()
    tx.prepare('insert into effects values (?, 2)').run(id)
  })
}
inbox.close()
