import type { Origin, ServerName, ServerOptions } from '../server.ts'

export interface Request {
  readonly verb: 'open' | 'kill' | 'restart' | 'pause' | 'resume' | 'log'
  readonly name: ServerName
  readonly instance: string
  readonly options: ServerOptions
}

export type Answer = Opened | Refused

export interface Opened {
  readonly url: string
  readonly origin: Origin
  readonly log: string
}

interface Refused {
  /** Of a `ServerError`, else empty. */
  readonly code: string
  readonly message: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the process that owns the servers takes orders. */
    readonly eventspineBrokers: string
  }
}
