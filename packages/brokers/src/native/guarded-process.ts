import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../recipe.ts'
import { guard, release } from './guard.ts'
import { anyAlive, signalTree } from './process-tree.ts'

export interface GuardedProcess {
  /** `code 1` or `SIGKILL` once it has ended. */
  readonly exit: string | undefined
  /** To it and all that it started. */
  signal(signal: NodeJS.Signals): void
  /** SIGKILL, and waits until every process is gone. */
  kill(): Promise<void>
}

export interface Surroundings {
  readonly folder: string
  /** Appended to: a file never slows a server down, and outlives it. */
  readonly logFile: string
}

/**
 * Starts a program in a process group of its own. It waits at a gate until the watchdog knows it: whenever this process
 * ends, either the gate never opens or somebody is there to kill what came through.
 */
export async function startGuarded(program: Program, { folder, logFile }: Surroundings): Promise<GuardedProcess> {
  const log = await open(logFile, 'a')
  const gate = 'read -r go && exec "$@" </dev/null'
  const child = spawn('/bin/sh', ['-c', gate, 'sh', program.command, ...program.args], {
    cwd: folder,
    env: { ...process.env, ...program.env },
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
    ...program.user,
  })
  try {
    await once(child, 'spawn')
  } finally {
    await log.close()
  }
  const leader = child.pid as number
  let exit: string | undefined
  child.once('exit', (code, signal) => {
    exit = signal ?? `code ${code}`
  })
  child.unref()
  await guard(leader)
  child.stdin?.on('error', () => {}).end('\n')

  return {
    get exit() {
      return exit
    },
    signal: (signal) => void signalTree(leader, signal),
    kill: async () => {
      let left: readonly number[] = signalTree(leader, 'SIGKILL')
      while (anyAlive(left)) {
        await sleep(10)
        left = [...left, ...signalTree(leader, 'SIGKILL')]
      }
      await release(leader)
    },
  }
}
