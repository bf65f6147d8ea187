/** What still fits into a batch. */
export class Room {
  #messages: number
  #bytes: number
  #empty = true

  constructor(messages: number, bytes: number) {
    this.#messages = messages
    this.#bytes = bytes
  }

  /** True and counted when a message of this size fits; one may exceed the bytes alone. */
  takes(bytes: number): boolean {
    if (this.#messages === 0 || (bytes > this.#bytes && !this.#empty)) return false
    this.#messages--
    this.#bytes -= bytes
    this.#empty = false
    return true
  }
}
