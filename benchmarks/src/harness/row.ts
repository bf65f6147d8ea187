import type { Case } from './case.ts'
import type { Result } from './measure.ts'

/** One figure as `--json FILE` writes it. */
export interface Row {
  readonly suite: string
  readonly case: string
  /** `eventspine`, `raw` or the name of a peer. */
  readonly subject: string
  readonly unit: string
  readonly value: number
  /** `value` divided by that of `raw` in the same run; null in a case without a floor. Of a rate more is better, of a time less. */
  readonly ratio: number | null
}

export function toRows({ suite, case: name, unit }: Case, results: readonly Result[]): Row[] {
  return results.map(({ subject, value, ratio }) => ({
    suite,
    case: name,
    subject,
    unit,
    value: rounded(value),
    ratio: ratio === undefined ? null : rounded(ratio),
  }))
}

/** Four digits: more would only pretend. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
