/** Closed while nothing passes. */
export class Gate {
  #opened: Promise<void> | undefined
  #open: () => void = () => {}

  get closed(): boolean {
    return this.#opened !== undefined
  }

  /** Resolves when it is open. */
  get opened(): Promise<void> {
    return this.#opened ?? Promise.resolve()
  }

  close(): void {
    if (this.#opened !== undefined) return
    this.#opened = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  open(): void {
    this.#opened = undefined
    this.#open()
  }
}
