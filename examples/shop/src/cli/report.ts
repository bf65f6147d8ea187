import { dirname } from 'node:path'
import { count, milliseconds, shown } from '../demo/format.ts'
import type { DemoResult } from '../demo/run-demo.ts'
import { table } from './table.ts'

const header = [
  'service',
  'published',
  'consumed',
  'delivered again',
  'retried',
  'dead-lettered',
  'latency p50',
  'latency p99',
]

/** `setting`: on which broker, in how many processes. */
export function report(result: DemoResult, setting: string): string {
  return [
    ...summary(result, setting),
    '',
    ...figures(result),
    '',
    ...deadLetters(result),
    '',
    ...invariants(result),
    '',
  ].join('\n')
}

function summary({ placed, refused, figures, elapsedMs, folder }: DemoResult, setting: string): string[] {
  const seconds = elapsedMs / 1_000
  const handled = figures.reduce((sum, { consumed }) => sum + consumed, 0)
  return [
    `${count(placed)} orders${refused === 0 ? '' : ` (${count(refused)} lines refused)`} in ${seconds.toFixed(1)} s:`,
    `${count(handled)} events handled, ${count(Math.round(handled / seconds))} a second, ${setting}, with databases in ${dirname(folder)}.`,
  ]
}

function figures({ figures }: DemoResult): string[] {
  const rows = figures.map((row) => [
    row.service,
    count(row.published),
    count(row.consumed),
    count(row.repeated),
    count(row.retried),
    count(row.deadLettered),
    milliseconds(row.p50),
    milliseconds(row.p99),
  ])
  return table(header, rows)
}

function deadLetters({ deadLetters }: DemoResult): string[] {
  if (deadLetters.length === 0) return ['No dead letters']
  return [
    'Dead letters',
    ...deadLetters
      .slice(0, 10)
      .map(({ group, type, code, message }) => `  ${group}: ${shown(type, 40)}, ${code}: ${shown(message)}`),
    ...(deadLetters.length > 10 ? [`  and ${count(deadLetters.length - 10)} more`] : []),
  ]
}

function invariants({ invariants }: DemoResult): string[] {
  return invariants.flatMap(({ name, holds, shows }) => [`${holds ? '✓' : '✗ BROKEN:'} ${name}`, `    ${shows}`])
}
