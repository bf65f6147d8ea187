import type { Fault, FaultOptions, Tally } from './fault.ts'

/** A line of the report; with `--json`, an element of its array. */
export interface FaultRow {
  readonly id: string
  readonly transport: string
  readonly lost: number
  readonly ghosts: number
  readonly duplicates: number
  readonly inversions: number
  readonly passed: boolean
}

const columns = ['id', 'transport', 'lost', 'ghosts', 'duplicates', 'inversions'] as const
const widths = [7, 11, 9, 9, 12, 12]

/** Runs the faults one after another, as each needs the machine for itself, and prints a line for each as it ends. */
export async function runFaults(
  faults: readonly Fault[],
  options: FaultOptions,
  print: (line: string) => void,
): Promise<FaultRow[]> {
  print(`${pad(columns)}result`)
  const rows: FaultRow[] = []
  for (const fault of faults) {
    const started = performance.now()
    const tally = await runFault(fault, options)
    const { lost, ghosts, duplicates, inversions, passed } = tally
    const row = { id: fault.id, transport: fault.transport, lost, ghosts, duplicates, inversions, passed }
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    print(
      `${pad(columns.map((column) => String(row[column])))}${passed ? 'passed' : 'FAILED'} in ${seconds} s${tally.note ? `: ${tally.note}` : ''}`,
    )
    rows.push(row)
  }
  return rows
}

/** A fault whose own machinery breaks has shown nothing: it fails, and the next one still runs. */
async function runFault(fault: Fault, options: FaultOptions): Promise<Tally> {
  try {
    return await fault.run(options)
  } catch (error) {
    const note = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { lost: 0, ghosts: 0, duplicates: 0, inversions: 0, passed: false, note }
  }
}

function pad(cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('')
}
