import { type ChildProcess, fork } from 'node:child_process'
import { ConnectionFailedError } from '../../transport/errors.ts'
import { type CallName, fromWireError, type MemberCalls, type Notice } from './protocol.ts'

interface Pending {
  readonly resolve: (value: never) => void
  readonly reject: (reason: Error) => void
}

/** The parent's end of the channel to one child process. */
export interface Link {
  /** True when the process has ended, or was told to in a way that it can't refuse. */
  readonly gone: boolean
  call<Name extends CallName>(
    name: Name,
    args: Parameters<MemberCalls[Name]>,
    signal?: AbortSignal,
  ): Promise<ReturnType<MemberCalls[Name]>>
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>
  /** The last that it wrote to standard error. */
  stderr(): string
}

export interface LinkOptions {
  readonly module: string
  readonly options: unknown
  readonly onLeaseOver: (lease: number) => void
}

/** Source runs as it is under Node's type stripping; what is built runs as JavaScript, and this file is part of its door. */
const isSource = import.meta.url.endsWith('.ts')
const childFile = new URL(isSource ? './child.ts' : './member/child.js', import.meta.url)
const execArgv = ['--expose-gc', ...(isSource ? ['--conditions=@eventspine/source'] : [])]

/** Forks a member's process; resolves with its transport's name when the adapter is built. */
export function openLink({ module, options, onLeaseOver }: LinkOptions): Promise<{ link: Link; name: string }> {
  const child = fork(childFile, { serialization: 'advanced', execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const calls = createCalls(child)
  const stderr = keepTail(child)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let gone = false
  void exited.then(() => {
    gone = true
    calls.failAll(new ConnectionFailedError(`The member's process has ended${stderr() && `: ${stderr()}`}`))
  })

  const link: Link = {
    get gone() {
      return gone
    },
    call: (name, args, signal) => {
      if (gone) return Promise.reject(new ConnectionFailedError("The member's process has ended"))
      return calls.make(name, args, signal) as Promise<never>
    },
    signal: (name) => void child.kill(name),
    kill: () => {
      gone = true
      child.kill('SIGKILL')
      return exited
    },
    stderr,
  }
  return new Promise((resolve, reject) => {
    child.on('message', (notice: Notice) => {
      if (notice.kind === 'ready') resolve({ link, name: notice.name })
      else if (notice.kind === 'lease-over') onLeaseOver(notice.lease)
      else calls.answer(notice)
    })
    child.once('error', reject)
    void exited.then(() => reject(new Error(`The member's process ended before it was ready: ${stderr()}`)))
    child.send({ kind: 'start', module, options })
  })
}

function createCalls(child: ChildProcess): {
  make: (name: CallName, args: readonly unknown[], signal?: AbortSignal) => Promise<unknown>
  answer: (notice: Extract<Notice, { kind: 'result' | 'failure' }>) => void
  failAll: (reason: Error) => void
} {
  const pending = new Map<number, Pending>()
  let last = 0
  return {
    make(name, args, signal) {
      last += 1
      const call = last
      const abort = (): void => void (child.connected && child.send({ kind: 'abort', call }))
      return new Promise((resolve, reject) => {
        pending.set(call, { resolve, reject })
        child.send({ kind: 'call', call, name, args })
        if (signal?.aborted) abort()
        else signal?.addEventListener('abort', abort, { once: true })
      })
    },
    answer(notice) {
      const waiting = pending.get(notice.call)
      pending.delete(notice.call)
      if (notice.kind === 'result') waiting?.resolve(notice.value as never)
      else waiting?.reject(fromWireError(notice.error))
    },
    failAll(reason) {
      for (const { reject } of pending.values()) reject(reason)
      pending.clear()
    },
  }
}

const tailChars = 2_000

function keepTail(child: ChildProcess): () => string {
  let tail = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-tailChars)
  })
  return () => tail.trim()
}
