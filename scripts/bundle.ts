import { build } from 'esbuild'
import { readManifest } from './lib/workspaces.ts'

/**
 * Runs in a package's folder after its declarations are written: one file per door, and what doors share in chunks, so that
 * a class is the same behind each (docs/decisions/0007). Arguments: sources that are programs of their own.
 */
const doors = Object.values(readManifest('.').exports ?? {}).flatMap((door) =>
  typeof door === 'object' && door !== null && '@eventspine/source' in door ? [String(door['@eventspine/source'])] : [],
)

await build({
  entryPoints: [...doors, ...process.argv.slice(2)],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.22',
  packages: 'external',
  sourcemap: true,
  // The package ships its source: the maps point there.
  sourcesContent: false,
  logLevel: 'warning',
})
