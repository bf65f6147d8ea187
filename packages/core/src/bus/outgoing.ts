import type { Message } from '../transport/message.ts'
import type { Published } from './bus.ts'

/** UTF-8 of one UTF-16 unit. */
const longestCharBytes = 3

/** A message on its way to the broker, and who waits for it. */
export class Outgoing {
  readonly message: Message
  /** Epoch milliseconds: nobody waits longer. */
  readonly deadline: number
  /** How often the broker didn't take it. */
  failures = 0
  /** Whoever waited has been told; what comes back later is for nobody. */
  done = false
  #signal: AbortSignal | undefined
  #onAbort: (() => void) | undefined
  readonly #resolve: (published: Published) => void
  readonly #reject: (error: unknown) => void

  constructor(
    message: Message,
    deadline: number,
    resolve: (published: Published) => void,
    reject: (error: unknown) => void,
  ) {
    this.message = message
    this.deadline = deadline
    this.#resolve = resolve
    this.#reject = reject
  }

  /** What must keep order among each other. Without a key: itself alone. */
  get lane(): string {
    const { topic, key, source, id } = this.message
    return key === undefined ? `${topic}\n${source}\n${id}` : `${topic}\n\n${key}`
  }

  /** Not less than the bytes of its message: counting them exactly would cost more than a fuller batch saves. */
  get mostBytes(): number {
    const { body, key = '', headers } = this.message
    let chars = key.length
    headers.forEach((value, name) => {
      chars += name.length + value.length
    })
    return (body?.byteLength ?? 0) + chars * longestCharBytes
  }

  /** Calls `onAbort` at most once, and not after the end: a signal may live longer than a publish. */
  heed(signal: AbortSignal, onAbort: () => void): void {
    if (signal.aborted) return onAbort()
    this.#signal = signal
    this.#onAbort = onAbort
    signal.addEventListener('abort', onAbort, { once: true })
  }

  succeed(published: Published): void {
    this.#end()
    this.#resolve(published)
  }

  fail(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  #end(): void {
    this.done = true
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort)
  }
}
