/** Taken while this module loads: a test that fakes timers later still gets its answers. */
const { setImmediate } = globalThis

/** Messages that pass between two turns of the event loop. */
const messagesPerTurn = 1_000

/**
 * A server's answers come through the event loop. Ours come at once, so whoever publishes or consumes in a loop would let
 * nothing else run: no timer, no socket, not even the consumers of what it publishes. Hence a turn now and then.
 */
export class Turns {
  #passed = 0

  count(messages: number): void {
    this.#passed += messages
  }

  /** Resolves in the next turn; undefined while none is due. */
  due(): Promise<void> | undefined {
    if (this.#passed < messagesPerTurn) return undefined
    this.#passed = 0
    return new Promise((resolve) => setImmediate(resolve))
  }
}
