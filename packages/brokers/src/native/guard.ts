import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Order } from './watchdog.ts'

let watchdog: ChildProcess | undefined
let lastId = 0

/** Resolves when the process group or folder is sure not to outlive this process. */
export function guard(what: number | string): Promise<void> {
  return ask('guard', what)
}

/** For what has ended or is deleted: its pid may soon be somebody else's. */
export function release(what: number | string): Promise<void> {
  return ask('release', what)
}

function ask(verb: Order['verb'], what: Order['what']): Promise<void> {
  watchdog = watchdog?.connected ? watchdog : startWatchdog()
  const { channel } = watchdog
  const dog = watchdog
  const order: Order = { id: ++lastId, verb, what }
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      dog.off('message', heard).off('disconnect', lost)
      channel?.unref()
      if (error) reject(error)
      else resolve()
    }
    const heard = (id: unknown): void => {
      if (id === order.id) settle()
    }
    const lost = (): void => settle(new Error('the watchdog has ended'))
    // The watchdog must not keep this process alive, except while an answer is awaited.
    channel?.ref()
    dog.on('message', heard).on('disconnect', lost)
    dog.send(order)
  })
}

function startWatchdog(): ChildProcess {
  const file = fileURLToPath(new URL('./watchdog.ts', import.meta.url))
  // Detached: Ctrl-C in a terminal reaches the whole foreground group, and this one has work left to do then.
  const child = spawn(process.execPath, [file], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  child.setMaxListeners(0)
  child.unref()
  return child
}
