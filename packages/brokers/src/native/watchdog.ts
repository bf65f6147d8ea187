import { rmSync } from 'node:fs'
import { signalTree } from './process-tree.ts'

/**
 * A process of its own beside the one that starts servers. Their channel breaks when that process ends, in whatever way,
 * SIGKILL included; then every server it still has is killed and its folder deleted.
 */
export interface Order {
  readonly id: number
  readonly verb: 'guard' | 'release'
  /** The leader of a server's process group, or a folder. */
  readonly what: number | string
}

const guarded = new Set<number | string>()

process.on('message', ({ id, verb, what }: Order) => {
  if (verb === 'guard') guarded.add(what)
  else guarded.delete(what)
  process.send?.(id)
})

process.on('disconnect', () => {
  for (const leader of guarded) if (typeof leader === 'number') signalTree(leader, 'SIGKILL')
  // A process that has just been killed may still be writing: hence the retries.
  const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }
  for (const folder of guarded) if (typeof folder === 'string') rmSync(folder, options)
  process.exit()
})
