import type { ConsumerControl, HandlerContext } from '../src/consumer/handler.ts'
import type { Middleware } from '../src/consumer/middleware.ts'
import { createManualClock, type ManualClock } from '../src/testing/manual-clock.ts'

/** Stands in for a consumer, for tests of one middleware: it notes pauses, and stops when told. */
export interface ConsumerStub extends ConsumerControl {
  paused: boolean
  stop(): void
}

export function consumerStub(): ConsumerStub {
  const stopping = new AbortController()
  return {
    paused: false,
    pause() {
      this.paused = true
    },
    resume() {
      this.paused = false
    },
    stopping: stopping.signal,
    stop: () => stopping.abort(new Error('stopping')),
  }
}

export interface ContextOptions {
  readonly clock?: ManualClock
  readonly consumer?: ConsumerControl
  readonly group?: string
  readonly id?: string
  readonly source?: string
}

export function handlerContext(options: ContextOptions = {}): HandlerContext {
  const {
    clock = createManualClock(),
    consumer = consumerStub(),
    group = 'billing',
    id = 'e-1',
    source = 'shop',
  } = options
  const aborter = new AbortController()
  return {
    event: {
      id,
      source,
      type: 'order.created',
      time: undefined,
      subject: undefined,
      version: 1,
      topic: 'orders',
      key: undefined,
      data: {},
      correlationId: undefined,
      causationId: undefined,
      traceparent: undefined,
      tracestate: undefined,
      extensions: {},
    },
    group,
    topic: 'orders',
    partition: undefined,
    attempt: 1,
    redelivered: 0,
    signal: aborter.signal,
    abort: (reason) => aborter.abort(reason),
    clock,
    state: new Map(),
    publish: () => Promise.reject(new Error('no publish here')),
    consumer,
  }
}

/** Everything that is ready to run has run when it resolves. */
export const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An attempt under way, to be ended by the test. */
export interface Run {
  readonly context: HandlerContext
  readonly started: boolean
  /** How it ended: `done`, or what it threw; undefined while it lasts. */
  readonly ending: unknown
  succeed(): Promise<void>
  fail(error?: unknown): Promise<void>
}

/** Runs `middleware` around a handler that lasts until the test ends it. */
export function run(middleware: Middleware, context: HandlerContext): Run {
  const handler = Promise.withResolvers<void>()
  const state = { context, started: false, ending: undefined as unknown }
  middleware(context, () => {
    state.started = true
    return handler.promise
  }).then(
    () => {
      state.ending = 'done'
    },
    (error) => {
      state.ending = error
    },
  )
  return Object.assign(state, {
    succeed: () => {
      handler.resolve()
      return idle()
    },
    fail: (error: unknown = new Error('refused')) => {
      handler.reject(error)
      return idle()
    },
  })
}
