import { spawn } from 'node:child_process'
import { path, root } from './paths.ts'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export class CommandFailed extends Error {
  readonly output: string

  constructor(command: string, exit: string, output: string) {
    super(`${command} ended with ${exit}`)
    this.output = output
  }
}

/** Runs a command without a shell and resolves to its stdout; rejects with {@link CommandFailed} when it fails. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, NO_COLOR: '1', PATH: path, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else reject(new CommandFailed([command, ...args].join(' '), signal ?? `code ${code}`, output))
    })
  })
}
