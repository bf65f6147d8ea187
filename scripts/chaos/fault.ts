export interface FaultOptions {
  /** A tenth of the events or less: for a look while developing, not for the record. */
  readonly quick: boolean
  /** Repeats a run: the same seed kills at the same points of the schedule. */
  readonly seed: number
}

/** What a fault did to the events, counted against the ledgers of those who published and those who handled. */
export interface Tally {
  /** Committed, never handled. */
  readonly lost: number
  /** Handled, never committed. */
  readonly ghosts: number
  /** Handled more than once; what of them is allowed is the fault's to say. */
  readonly duplicates: number
  /** First deliveries of a key out of the order in which it was written. */
  readonly inversions: number
  readonly passed: boolean
  /** Further figures, in words. */
  readonly note?: string
}

/** An entry of the programme in which processes are killed, paused and cut off under load. */
export interface Fault {
  readonly id: string
  readonly title: string
  readonly transport: string
  run(options: FaultOptions): Promise<Tally>
}
