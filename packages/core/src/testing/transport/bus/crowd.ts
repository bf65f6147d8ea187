/** Handlers that wait until they are let go, and how many of them were in at once. */
export class Crowd {
  most = 0
  readonly #inside: (() => void)[] = []
  #open = false

  get size(): number {
    return this.#inside.length
  }

  /** Resolves when this one is let go. */
  enter(): Promise<void> {
    if (this.#open) return Promise.resolve()
    return new Promise((resolve) => {
      this.#inside.push(resolve)
      this.most = Math.max(this.most, this.#inside.length)
    })
  }

  /** Lets go those who are in now. */
  release(): void {
    for (const leave of this.#inside.splice(0)) leave()
  }

  /** Lets everybody go, now and later. */
  open(): void {
    this.#open = true
    this.release()
  }
}
