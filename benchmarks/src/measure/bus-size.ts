import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export interface BusSize {
  readonly minified: number
  readonly gzip: number
  readonly brotli: number
}

/** Bytes of what an app that publishes and subscribes pulls in of `@eventspine/core`, as built. */
export async function busSize(): Promise<BusSize> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { createBus, defineEvent, handle } from '@eventspine/core'`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
  })
  const code = outputFiles[0]?.contents ?? new Uint8Array()
  return {
    minified: code.byteLength,
    gzip: gzipSync(code, { level: 9 }).byteLength,
    brotli: brotliCompressSync(code).byteLength,
  }
}
