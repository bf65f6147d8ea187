export interface FaultRun {
  readonly quick: boolean
  readonly seed: number
}

/** As `scripts/chaos` wants it. */
export interface FaultTally {
  readonly lost: number
  readonly ghosts: number
  readonly duplicates: number
  readonly inversions: number
  readonly passed: boolean
  readonly note: string
}
