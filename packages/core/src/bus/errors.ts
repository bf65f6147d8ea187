import { EventspineError } from '../error.ts'

/** Publishing or asking for capabilities before `start` resolved, or after `stop`. */
export class BusNotStartedError extends EventspineError {
  readonly code = 'bus-not-started'
  readonly retryable = false
}

/** The app asked for what this server can't do; `unmet` says what, one sentence each. Nothing was published or consumed. */
export class UnmetCapabilitiesError extends EventspineError {
  readonly code = 'unmet-capabilities'
  readonly retryable = false
  readonly unmet: readonly string[]

  constructor(transport: string, unmet: readonly string[]) {
    super(`Transport ${transport} lacks what was asked for: ${unmet.join('; ')}.`)
    this.unmet = unmet
  }
}

/** No group will get the event, and `unheard: 'reject'` was asked for. The broker has accepted it all the same. */
export class UnheardError extends EventspineError {
  readonly code = 'unheard'
  readonly retryable = false
}

/** The caller's signal aborted while the publish waited or was in flight. */
export class PublishAbortedError extends EventspineError {
  readonly code = 'aborted'
  readonly retryable = true
}

/** Not published, because an earlier event of its key could not be: publish both again, in order. */
export class KeyHaltedError extends EventspineError {
  readonly code = 'key-halted'
  readonly retryable = true
}

/** The bus was configured in a way that can't work; the message says what to change. */
export class InvalidConfigError extends EventspineError {
  readonly code = 'invalid-config'
  readonly retryable = false
}
