import { AssertionError } from 'node:assert/strict'

/** `error` with another paragraph to its message: what a failure needs to be understood. */
export function explain(error: unknown, text: string): unknown {
  if (!(error instanceof Error)) return error
  const before = error.message
  error.message += `\n${text}`
  // node:assert has written its message into the stack already, and node:test prints that.
  if (error instanceof AssertionError && error.stack !== undefined) {
    error.stack = error.stack.replace(before, () => error.message)
  }
  return error
}
