/** The brand that `isEventspineError` looks for: it survives two copies of this package in one process. */
const brand = Symbol.for('eventspine.error')

/**
 * Every error that Eventspine throws or rejects with. `code` is stable and listed in docs/errors.md; `retryable` says
 * whether the same call may succeed later without a change by anybody.
 */
export abstract class EventspineError extends Error {
  abstract readonly code: string
  abstract readonly retryable: boolean

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  get [brand](): true {
    return true
  }
}

/** True for an error of ours, whichever copy of the package made it; with `code`, only for that one. */
export function isEventspineError<Code extends string = string>(
  error: unknown,
  code?: Code,
): error is EventspineError & { readonly code: Code } {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as { code?: unknown }).code === code
}
