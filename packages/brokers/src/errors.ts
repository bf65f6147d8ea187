import type { ServerName } from './server.ts'

export abstract class ServerError extends Error {
  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** None of the three ways leads to a server; the message names them. */
export class ServerMissingError extends ServerError {
  readonly code = 'server-missing'
}

/** The server ended or didn't answer in time; the message ends with its log. */
export class ServerFailedError extends ServerError {
  readonly code = 'server-failed'
}

/** The server is the environment's: it can be used, not killed, paused or read. */
export class ServerNotOursError extends ServerError {
  readonly code = 'server-not-ours'
}

/** A call for a running server, after `kill()`; or any call after `stop()`. */
export class ServerNotRunningError extends ServerError {
  readonly code = 'server-not-running'
}

const classes = {
  'server-missing': ServerMissingError,
  'server-failed': ServerFailedError,
  'server-not-ours': ServerNotOursError,
  'server-not-running': ServerNotRunningError,
} as const

/** The same error on the other side of a process boundary. */
export function reviveError(code: string, message: string): Error {
  const known = Object.hasOwn(classes, code) ? classes[code as keyof typeof classes] : undefined
  return known === undefined ? new Error(message) : new known(message)
}

export function missing(name: ServerName, variable: string, cause: Error): ServerMissingError {
  const ways = `set ${variable}, or run a Docker engine, or install it as a program`
  return new ServerMissingError(`There is no ${name} to start: ${ways}. The last way failed: ${cause.message}`, {
    cause,
  })
}
