import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { root } from '../lib/paths.ts'
import { run } from '../lib/run.ts'
import { Findings } from '../lib/step.ts'

const maxBytes = 15_000

/** Bundles what an app that publishes and subscribes pulls in; minified and gzipped it has to stay within 15 kB. */
export async function sizeOfBus(): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export { createBus, defineEvent, handle } from '@eventspine/core'`,
      resolveDir: join(root, 'packages/core'),
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
  })
  const code = outputFiles[0]?.contents ?? new Uint8Array()
  const gzip = gzipSync(code, { level: 9 }).byteLength
  const figures = `${kilobytes(code.byteLength)} minified, ${kilobytes(gzip)} gzip, ${kilobytes(brotliCompressSync(code).byteLength)} brotli`
  if (gzip > maxBytes) {
    throw new Findings([
      `${figures}: a bus may cost ${kilobytes(maxBytes)} in gzip. Minified, by file:`,
      ...heaviest(metafile),
    ])
  }
  return figures
}

function heaviest({ outputs }: Metafile): string[] {
  return Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 12)
    .map(([file, { bytesInOutput }]) => `${kilobytes(bytesInOutput).padStart(9)}  ${file}`)
}

/** The median over fresh processes. A figure only: the benchmark holds it to a bound, on a quiet machine. */
export async function importTime(): Promise<string> {
  const script = `const from = performance.now(); await import('@eventspine/core'); console.log(performance.now() - from)`
  const times: number[] = []
  for (let i = 0; i < 7; i++) {
    const output = await run('node', ['--input-type=module', '--eval', script], { cwd: join(root, 'packages/core') })
    times.push(Number(output))
  }
  const median = times.sort((a, b) => a - b)[3] ?? Number.NaN
  return `${median.toFixed(1)} ms to import @eventspine/core`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
