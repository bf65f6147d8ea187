import { readFileSync } from 'node:fs'
import { listWorkspaces, type Manifest, readManifest } from '../lib/workspaces.ts'

const exact = /^\d+\.\d+\.\d+(-[\w.]+)?$/

/** Versions that float, versions that disagree between workspaces, and registry addresses in the lockfile. */
export function checkManifests(base: string): string[] {
  const manifests: (readonly [file: string, manifest: Manifest])[] = [
    ['package.json', readManifest(base)],
    ...listWorkspaces(base).map(({ folder, manifest }) => [`${folder}/package.json`, manifest] as const),
  ]
  const own = new Set(manifests.map(([, { name }]) => name))
  const seen = new Map<string, string>()
  const findings: string[] = []
  for (const [file, manifest] of manifests) {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (own.has(name)) continue
      const elsewhere = seen.get(name) ?? version
      seen.set(name, elsewhere)
      if (!exact.test(version)) findings.push(`${file}: ${name} is '${version}'; pin one exact version`)
      else if (elsewhere !== version) findings.push(`${file}: ${name} is ${version} here and ${elsewhere} elsewhere`)
    }
  }
  return [...findings, ...checkLockfile(base)]
}

/** The lockfile serves whoever clones, behind any registry: it holds versions and hashes, no addresses. */
function checkLockfile(base: string): string[] {
  const { packages = {} } = JSON.parse(readFileSync(`${base}/package-lock.json`, 'utf8')) as {
    packages?: Record<string, { resolved?: string }>
  }
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved?.includes('://'))
    .map(
      ([name]) =>
        `package-lock.json: ${name} holds the address of a registry; run npm install with this checkout's .npmrc`,
    )
}
