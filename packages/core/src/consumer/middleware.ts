import type { HandlerContext } from './handler.ts'

/** One policy around every handler of a consumer, outermost first. `next` runs the rest; it may be called once. */
export interface Middleware {
  (context: HandlerContext, next: () => Promise<void>): Promise<void>
  /** The longest that it lets a handler run: with the backoffs, the bus checks it against `maxHoldMs` at start. */
  readonly limitMs?: number
  /** Called by `subscribe`, before any delivery: a middleware that belongs to one group refuses a second by a throw. */
  readonly attach?: (group: string) => void
}
