import { busSize } from '../../benchmarks/src/measure/bus-size.ts'
import { importMs } from '../../benchmarks/src/measure/import-time.ts'
import { Findings } from '../lib/step.ts'

const maxBytes = 15_000

/** What an app that publishes and subscribes pulls in: minified and compressed (brotli) it has to stay within 15 kB. */
export async function sizeOfBus(): Promise<string> {
  const { minified, gzip, brotli } = await busSize()
  const figures = `${kilobytes(minified)} minified, ${kilobytes(gzip)} gzip, ${kilobytes(brotli)} brotli`
  if (brotli > maxBytes) throw new Findings([`${figures}: more than the ${kilobytes(maxBytes)} that a bus may cost`])
  return figures
}

/** The median over fresh processes. A figure only: the benchmark holds it to a bound, on a quiet machine. */
export async function importTime(): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < 7; i++) times.push(await importMs('@eventspine/core'))
  const median = times.sort((a, b) => a - b)[3] ?? Number.NaN
  return `${median.toFixed(1)} ms to import @eventspine/core`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
