import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

interface Entry {
  readonly pid: number
  readonly parent: number
  readonly group: number
}

/**
 * The living processes of the server that `leader` is: its process group and its descendants, parents first. Both are
 * needed: PostgreSQL's workers leave the group, and orphans stay in it.
 */
export function processTree(leader: number): number[] {
  const entries = listProcesses()
  const tree = new Set<number>()
  const found = entries.filter(({ pid, group }) => pid === leader || group === leader).map(({ pid }) => pid)
  for (let next = found; next.length > 0; ) {
    for (const pid of next) tree.add(pid)
    next = entries.filter(({ pid, parent }) => tree.has(parent) && !tree.has(pid)).map(({ pid }) => pid)
  }
  return [...tree]
}

/** Signals every process of the tree and returns them; what ended meanwhile is no error. */
export function signalTree(leader: number, signal: NodeJS.Signals): number[] {
  const tree = processTree(leader)
  for (const pid of tree) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return tree
}

export function anyAlive(pids: readonly number[]): boolean {
  const alive = new Set(listProcesses().map(({ pid }) => pid))
  return pids.some((pid) => alive.has(pid))
}

/** Zombies left out: they hold neither a port nor a file. */
function listProcesses(): Entry[] {
  return process.platform === 'linux' ? listByProc() : listByPs()
}

function listByProc(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        // The second field is the command in brackets and may hold anything, brackets and spaces too.
        const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), group: Number(group) }]
      } catch {
        return []
      }
    })
}

function listByPs(): Entry[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, , , state]) => pid !== '' && state?.startsWith('Z') !== true)
    .map(([pid, parent, group]) => ({ pid: Number(pid), parent: Number(parent), group: Number(group) }))
}
