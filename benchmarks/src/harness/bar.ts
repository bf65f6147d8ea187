import type { Bar } from './case.ts'
import type { Result } from './measure.ts'

export function isMet(bar: Bar, result: Result): boolean {
  const reached = bar.of === 'ratio' ? result.ratio : result.value
  if (reached === undefined || Number.isNaN(reached)) return false
  return reached >= (bar.atLeast ?? Number.NEGATIVE_INFINITY) && reached <= (bar.atMost ?? Number.POSITIVE_INFINITY)
}
