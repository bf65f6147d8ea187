import { OutboxStoreError } from '@eventspine/core/outbox'
import { EventspineError, isEventspineError } from '@eventspine/core/transport'

/** The tables were made by a newer version of this package. */
export class SchemaTooNewError extends EventspineError {
  readonly code = 'schema-too-new'
  readonly retryable = false
}

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const busy = 5
const locked = 6
const passing: ReadonlySet<number> = new Set([busy, locked, /* I/O */ 10, /* disk full */ 13])

/** The primary code of an error of node:sqlite, which carries the extended one. */
function codeOf(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { errcode?: unknown }).errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === busy || code === locked
}

/** A statement of a connection that was closed meanwhile, and perhaps opened again. */
export function isFinalized(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 'ERR_INVALID_STATE'
}

/** What node:sqlite says names tables and columns, never values. */
export function storeError(error: unknown): Error {
  if (isEventspineError(error)) return error
  const code = codeOf(error)
  const detail = error instanceof Error ? error.message : 'unknown error'
  return new OutboxStoreError(`SQLite: ${detail}`, { retryable: code !== undefined && passing.has(code), cause: error })
}
