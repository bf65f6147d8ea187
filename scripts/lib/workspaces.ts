import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './paths.ts'

/** The parts of a package.json that the checks read. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly workspaces?: readonly string[]
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Workspace {
  /** Relative to the root, with forward slashes: `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Every workspace of the checkout at `base`, in the order of the folders' names. */
export function listWorkspaces(base: string = root): Workspace[] {
  const patterns = (readManifest(base).workspaces ?? []).map((pattern) => `${pattern}/package.json`)
  return globSync(patterns, { cwd: base })
    .map((file) => dirname(file).replaceAll('\\', '/'))
    .sort()
    .map((folder) => ({ folder, manifest: readManifest(join(base, folder)) }))
}

/** The packages that a release publishes: not private, and with a source to build. */
export function listPublished(base: string = root): Workspace[] {
  return listWorkspaces(base).filter(
    ({ folder, manifest }) => manifest.private !== true && existsSync(join(base, folder, 'src/index.ts')),
  )
}

/** The specifiers by which a user imports a package: `@eventspine/core`, `@eventspine/core/testing`. */
export function doorsOf({ manifest }: Workspace): string[] {
  return Object.keys(manifest.exports ?? {})
    .filter((door) => door !== './package.json')
    .map((door) => manifest.name + door.slice(1))
}
