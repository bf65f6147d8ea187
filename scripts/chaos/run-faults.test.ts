import { expect, test } from 'vitest'
import type { Fault, FaultOptions, Tally } from './fault.ts'
import { runFaults } from './run-faults.ts'

const clean: Tally = { lost: 0, ghosts: 0, duplicates: 3, inversions: 0, passed: true }

function fault(id: string, run: Fault['run']): Fault {
  return { id, title: 'a fault', transport: 'memory', run }
}

test('a report has one row per fault, with the tally and nothing else', async () => {
  const rows = await runFaults(
    [fault('F-1', async () => ({ ...clean, note: 'ten kills' }))],
    { quick: true, seed: 1 },
    () => {},
  )
  expect(rows).toEqual([
    { id: 'F-1', transport: 'memory', lost: 0, ghosts: 0, duplicates: 3, inversions: 0, passed: true },
  ])
})

test('a fault that throws fails and says why, and the next one runs', async () => {
  const lines: string[] = []
  const faults = [
    fault('F-1', async () => {
      throw new Error('no such server')
    }),
    fault('F-2', async () => clean),
  ]
  const rows = await runFaults(faults, { quick: true, seed: 1 }, (line) => lines.push(line))
  expect(rows.map(({ passed }) => passed)).toEqual([false, true])
  expect(lines.join('\n')).toContain('no such server')
})

test('the options reach every fault', async () => {
  const seen: unknown[] = []
  const run = async (options: FaultOptions) => {
    seen.push(options)
    return clean
  }
  const faults = [fault('F-1', run), fault('F-2', run)]
  await runFaults(faults, { quick: false, seed: 7 }, () => {})
  expect(seen).toEqual([
    { quick: false, seed: 7 },
    { quick: false, seed: 7 },
  ])
})
