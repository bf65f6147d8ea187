import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * Hints that something may have been committed: from `append` in this process, once the synchronous block around it is
 * over, and from the file system when any process has written to the write-ahead log.
 */
export class WakeUp {
  readonly #listeners = new Set<() => void>()
  readonly #file: string | undefined
  #watcher: FSWatcher | undefined
  #scheduled = false

  constructor(file: string | undefined) {
    this.#file = file
  }

  /** Soon, and once for many. */
  schedule(): void {
    if (this.#scheduled || this.#listeners.size === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      for (const wake of this.#listeners) wake()
    })
  }

  listen(wake: () => void): () => void {
    const listener = (): void => wake()
    this.#listeners.add(listener)
    this.#watcher ??= this.#watch()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  /** The folder, for the log itself comes and goes. A system that can't watch it leaves relays to their polling. */
  #watch(): FSWatcher | undefined {
    if (this.#file === undefined) return undefined
    const log = `${basename(this.#file)}-wal`
    try {
      const watcher = watch(dirname(this.#file), { persistent: false }, (_change, name) => {
        if (name === log || name === null) this.schedule()
      })
      return watcher.on('error', () => watcher.close())
    } catch {
      return undefined
    }
  }
}
