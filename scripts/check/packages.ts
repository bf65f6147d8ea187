import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../lib/paths.ts'
import { run } from '../lib/run.ts'
import { refuse } from '../lib/step.ts'
import { doorsOf, listPublished, type Workspace } from '../lib/workspaces.ts'
import { tryInBlankProject } from './blank-project.ts'

interface Tarball {
  readonly workspace: Workspace
  readonly path: string
  readonly files: readonly string[]
}

/** Packs every package and treats the tarballs as a user would: nothing of this checkout is in reach. */
export async function checkPackages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'eventspine-check-'))
  try {
    const tarballs = await pack(folder)
    refuse(tarballs.flatMap(objectionsToContents))
    for (const { path } of tarballs) await lint(path)
    const tried = await tryInBlankProject(
      join(folder, 'project'),
      tarballs.map(({ path }) => path),
      tarballs.flatMap(({ workspace }) => doorsOf(workspace)),
    )
    return `${tarballs.length} tarballs, ${tried}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function pack(folder: string): Promise<Tarball[]> {
  const published = listPublished()
  const only = published.map(({ manifest }) => `--workspace=${manifest.name}`)
  const output = await run('npm', ['pack', '--json', `--pack-destination=${folder}`, ...only])
  const packed = JSON.parse(output) as { name: string; filename: string; files: { path: string }[] }[]
  return published.map((workspace) => {
    const entry = packed.find(({ name }) => name === workspace.manifest.name)
    if (entry === undefined) throw new Error(`npm pack made no tarball of ${workspace.manifest.name}`)
    return { workspace, path: join(folder, entry.filename), files: entry.files.map(({ path }) => path) }
  })
}

/** A tarball holds what runs, what it was built from (the maps point there) and its papers. */
function objectionsToContents({ workspace, files }: Tarball): string[] {
  const { name } = workspace.manifest
  return [
    ...files
      .filter((file) => /\.test(-d)?\.|(^|\/)(test|fixtures)\//.test(file))
      .map((file) => `${name} ships ${file}`),
    ...['package.json', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']
      .filter((file) => !files.includes(file))
      .map((file) => `${name} ships no ${file}`),
  ]
}

/**
 * `node16` leaves out resolvers older than `exports`. The one rule ignored: CommonJS reaches an ES module, which is what
 * we publish; every Node that we support can `require` it, and the blank project proves that for each door.
 */
async function lint(tarball: string): Promise<void> {
  await run('publint', [tarball, '--strict'])
  await run('attw', [tarball, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji'], {
    cwd: root,
  })
}
