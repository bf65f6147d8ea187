const bucketCount = 10

interface Bucket {
  /** Which tenth of a window, counted from the epoch. */
  slot: number
  succeeded: number
  failed: number
}

/** How many attempts succeeded and failed within the last `windowMs`, to a tenth of it; of constant size. */
export class FailureWindow {
  readonly #bucketMs: number
  #buckets: Bucket[] = []

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / bucketCount
  }

  add(nowMs: number, failed: boolean): void {
    const slot = this.#slotAt(nowMs)
    const index = slot % bucketCount
    let bucket = this.#buckets[index]
    if (bucket?.slot !== slot) {
      bucket = { slot, succeeded: 0, failed: 0 }
      this.#buckets[index] = bucket
    }
    if (failed) bucket.failed++
    else bucket.succeeded++
  }

  read(nowMs: number): { readonly succeeded: number; readonly failed: number } {
    const newest = this.#slotAt(nowMs)
    const sum = { succeeded: 0, failed: 0 }
    this.#buckets.forEach(({ slot, succeeded, failed }) => {
      if (slot > newest || slot <= newest - bucketCount) return
      sum.succeeded += succeeded
      sum.failed += failed
    })
    return sum
  }

  clear(): void {
    this.#buckets = []
  }

  #slotAt(nowMs: number): number {
    return Math.floor(nowMs / this.#bucketMs)
  }
}
