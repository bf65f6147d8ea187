import type { StandardSchemaV1 } from '@standard-schema/spec'
import { EventspineError } from '../error.ts'
import { issuePaths } from './issue-paths.ts'

/** Something is wrong with an event itself: trying again without a change can't help. */
export abstract class EventError extends EventspineError {
  readonly retryable = false
}

/** `defineEvent` was given something that can't be an event. */
export class InvalidDefinitionError extends EventError {
  readonly code = 'invalid-definition'
}

/** A CloudEvents attribute, or an option that becomes one, breaks a rule of the specification. */
export class InvalidAttributeError extends EventError {
  readonly code = 'invalid-attribute'
}

/** The schema said no, or JSON can't carry the data. The text names the paths and never holds a value. */
export class InvalidDataError extends EventError {
  readonly code = 'invalid-data'
  readonly #issues: readonly StandardSchemaV1.Issue[]

  constructor(message: string, options: ErrorOptions & { readonly issues?: readonly StandardSchemaV1.Issue[] } = {}) {
    const { issues = [], ...rest } = options
    super(issues.length > 0 ? `${message}: ${issuePaths(issues)}` : message, rest)
    this.#issues = issues
  }

  /** The schema library's own words, which may quote the data: kept out of the text, of inspection and of JSON. */
  get issues(): readonly StandardSchemaV1.Issue[] {
    return this.#issues
  }
}

/** The message is no CloudEvent, or its body isn't what its content type says. */
export class UndecodableError extends EventError {
  readonly code = 'undecodable'
}

/** A CloudEvent of a specification that we don't know: only `1.0` is read. */
export class UnsupportedSpecversionError extends EventError {
  readonly code = 'unsupported-specversion'
}

/** A batch, or an event format other than JSON. */
export class UnsupportedFormatError extends EventError {
  readonly code = 'unsupported-format'
}

/** The event is newer than its definition here, or older than the oldest upcaster. */
export class UnsupportedVersionError extends EventError {
  readonly code = 'unsupported-version'
}

/** An upcaster threw; `cause` is what it threw. */
export class UpcastFailedError extends EventError {
  readonly code = 'upcast-failed'
}

/** Larger, deeper or with more headers than `Limits` allow: nothing of it was parsed. */
export class LimitExceededError extends EventError {
  readonly code = 'limit-exceeded'
}
