import type { Verdict } from '@eventspine/core/testing'

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

/** Lost, invented or (where ordered) inverted events fail whatever else is met. */
export function toTally(
  verdict: Verdict,
  { ordered, isMet, note }: { readonly ordered: boolean; readonly isMet: boolean; readonly note: string },
): FaultTally {
  const { lost, ghosts, duplicates, inversions } = verdict
  const isKept = lost.length === 0 && ghosts.length === 0 && (!ordered || inversions.length === 0)
  return {
    lost: lost.length,
    ghosts: ghosts.length,
    duplicates: duplicates.length,
    inversions: inversions.length,
    passed: isKept && isMet,
    note,
  }
}
