/** Makes the outbox as soon as it is told to, together with others. */
import { sqliteOutbox } from '../src/index.ts'

process.once('message', async (path: string) => {
  const store = sqliteOutbox({ path })
  const { pending } = await store.status()
  process.send?.({ pending })
  await store.close()
  process.disconnect()
})
process.send?.('ready')
