import type { HandlerContext } from '../consumer/handler.ts'
import type { Middleware } from '../consumer/middleware.ts'
import { isEventspineError } from '../error.ts'
import { checkCount, checkNumber } from './check-option.ts'
import { Circuit, type CircuitChange, type CircuitSnapshot, type CircuitState } from './circuit.ts'
import { InvalidMiddlewareError, SharedMiddlewareError } from './errors.ts'

export interface CircuitBreakerOptions {
  /** The share of failed attempts that opens the circuit, above 0 and at most 1. Default 0.5. */
  readonly failureRatio?: number
  /** Attempts that must have ended within the window before the ratio counts. Default 20. */
  readonly minimum?: number
  /** Default 10,000. */
  readonly windowMs?: number
  /** The first pause; it doubles with every probe that fails. Default 30,000. */
  readonly pauseMs?: number
  /** Default ten times `pauseMs`. */
  readonly maxPauseMs?: number
  /** Attempts after a pause that must all succeed before the consumer runs freely again. Default 1. */
  readonly probes?: number
  /**
   * Whether an error says that handlers can't work now. Default: every error but those of the event itself (`invalid-data`,
   * `undecodable`, `unsupported-version`) and `inbox-busy`. A release, a lost lease and the end of a stop never count,
   * an error that it throws at does.
   */
  readonly counts?: (error: unknown) => boolean
  /** After each change of state. Be quick; what it throws is ignored. */
  readonly onChange?: (change: CircuitChange) => void
}

export interface CircuitBreaker extends Middleware {
  readonly state: CircuitState
  /** Plain data, for health endpoints and logs. */
  toJSON(): CircuitSnapshot
}

/**
 * Pauses a consumer when most of its attempts fail, so that an outage of what the handlers need doesn't turn a topic into
 * dead letters. After the pause the next attempts are probes: all others wait where they are, with no attempt burnt, until
 * the probes decide. A stop ends the pause; the next start begins closed.
 *
 * One instance serves one group (`shared-middleware`). Put it outside of `timeout`, which would count the waiting. While it
 * is open it owns the consumer's pause: what the application paused by hand, a closing circuit resumes.
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  const circuit = new Circuit(settingsOf(options))
  const counts = options.counts ?? isOfTheHandler
  let owner: string | undefined

  const attach = (group: string): void => {
    owner ??= group
    if (owner !== group) {
      throw new SharedMiddlewareError(
        `The circuit breaker of group "${owner}" was given to group "${group}" too: make one for each.`,
      )
    }
  }

  /** True when `counts` throws: a probe without a verdict would keep all others waiting for ever. */
  const isCounted = (error: unknown): boolean => {
    try {
      return counts(error)
    } catch {
      return true
    }
  }

  const middleware: Middleware = async (context, next) => {
    attach(context.group)
    const verdict = await circuit.enter(context)
    try {
      await next()
    } catch (error) {
      verdict(isOfTheAttempt(error, context) && isCounted(error) ? 'failed' : 'none')
      throw error
    }
    verdict('succeeded')
  }

  return Object.defineProperties(Object.assign(middleware, { attach, toJSON: () => circuit.toJSON(owner) }), {
    state: { get: () => circuit.state, enumerable: true },
  }) as CircuitBreaker
}

function settingsOf(options: CircuitBreakerOptions): ConstructorParameters<typeof Circuit>[0] {
  const { failureRatio = 0.5, minimum = 20, windowMs = 10_000, pauseMs = 30_000, probes = 1 } = options
  const maxPauseMs = options.maxPauseMs ?? pauseMs * 10
  checkNumber('circuitBreaker: failureRatio', failureRatio)
  if (failureRatio > 1) throw new InvalidMiddlewareError('circuitBreaker: failureRatio is at most 1.')
  checkCount('circuitBreaker: minimum', minimum)
  checkNumber('circuitBreaker: windowMs', windowMs)
  checkNumber('circuitBreaker: pauseMs', pauseMs)
  checkNumber('circuitBreaker: maxPauseMs', maxPauseMs, pauseMs)
  checkCount('circuitBreaker: probes', probes)
  return { failureRatio, minimum, windowMs, pauseMs, maxPauseMs, probes, onChange: options.onChange ?? (() => {}) }
}

const ofTheEvent: ReadonlySet<string> = new Set(['invalid-data', 'undecodable', 'unsupported-version', 'inbox-busy'])

function isOfTheHandler(error: unknown): boolean {
  return !(isEventspineError(error) && ofTheEvent.has(error.code))
}

/** False when the attempt ended for a reason that says nothing about handlers. */
function isOfTheAttempt(error: unknown, { signal }: HandlerContext): boolean {
  if (isEventspineError(error, 'released')) return false
  return !signal.aborted || isEventspineError(signal.reason, 'handler-timeout')
}
