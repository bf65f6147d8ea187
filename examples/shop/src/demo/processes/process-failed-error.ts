import type { Role } from '../roles.ts'

/** A process ended, or did not, against what was asked of it. */
export class ProcessFailedError extends Error {
  override readonly name = 'ProcessFailedError'
  readonly role: Role
  /** The last that it wrote to standard error. */
  readonly stderr: string

  constructor(role: Role, what: string, stderr: string) {
    super(`The process ${role} ${what}.`)
    this.role = role
    this.stderr = stderr
  }
}
