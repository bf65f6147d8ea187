import { isMet } from './bar.ts'
import type { Bar, Case } from './case.ts'
import type { Result } from './measure.ts'
import { rounded } from './row.ts'

const widths = [20, 14, 12, 12, 22] as const

export function tableHead(): string {
  return `${line(['case', 'subject', 'median', 'unit', 'ratio to raw (range)', 'bar'])}\n${'─'.repeat(96)}`
}

/** A case as lines of the table, one a subject. */
export function tableLines({ case: name, unit, bar }: Case, results: readonly Result[]): string {
  return results
    .map((result, index) =>
      line([
        index === 0 ? name : '',
        result.subject,
        grouped(result.value),
        unit,
        shownRatio(result),
        bar === undefined || result.subject !== 'eventspine' ? '' : shownBar(bar, result),
      ]),
    )
    .join('\n')
}

function line([name, subject, value, unit, ratio, bar]: readonly [
  string,
  string,
  string,
  string,
  string,
  string,
]): string {
  const [a, b, c, d, e] = widths
  return `${name.padEnd(a)} ${subject.padEnd(b)} ${value.padStart(c)} ${unit.padEnd(d)} ${ratio.padEnd(e)} ${bar}`.trimEnd()
}

function grouped(value: number): string {
  return rounded(value).toLocaleString('en', { maximumFractionDigits: 3 })
}

function shownRatio({ subject, ratio, ratioRange }: Result): string {
  if (ratio === undefined || ratioRange === undefined) return ''
  if (subject === 'raw') return '1'
  const [lowest, highest] = ratioRange
  return `${ratio.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`
}

function shownBar(bar: Bar, result: Result): string {
  const wanted = [
    bar.atLeast === undefined ? '' : `≥ ${grouped(bar.atLeast)}`,
    bar.atMost === undefined ? '' : `≤ ${grouped(bar.atMost)}`,
  ]
  return `${wanted.join(' ').trim()} ${isMet(bar, result) ? '✓' : '✗ missed'}`
}
