import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { listWorkspaces, type Workspace } from '../lib/workspaces.ts'
import { allowedDoors, coreRooms, coreRoomsOnNode } from './import-rules.ts'
import { specifiersOf } from './specifiers.ts'

const builtins: ReadonlySet<string> = new Set(builtinModules)

/** Every import that points against the arrows of ARCHITECTURE.md, as `file:line what is wrong`. */
export function checkImports(base: string): string[] {
  return listWorkspaces(base).flatMap((workspace) =>
    globSync('**/*.{ts,mts,cts}', { cwd: `${base}/${workspace.folder}`, exclude: ['**/node_modules', '**/dist'] })
      .map((file) => file.replaceAll('\\', '/'))
      .sort()
      .flatMap((file) => {
        const path = `${workspace.folder}/${file}`
        return specifiersOf(path, readFileSync(`${base}/${path}`, 'utf8')).flatMap(({ name, line }) => {
          const reason = objection(workspace, file, name)
          return reason === undefined ? [] : [`${path}:${line} imports '${name}': ${reason}`]
        })
      }),
  )
}

function objection(workspace: Workspace, file: string, name: string): string | undefined {
  if (!name.startsWith('.')) return isSource(workspace, file) ? objectionToPackage(workspace, file, name) : undefined
  const target = posix.join(posix.dirname(file), name)
  if (target.startsWith('..')) return 'a workspace is entered by its package name only'
  if (workspace.manifest.name !== '@eventspine/core' || !isSource(workspace, file)) return undefined
  return objectionToRoom(roomOf(file), roomOf(target))
}

function objectionToRoom(from: string, to: string): string | undefined {
  if (from === to) return undefined
  const allowed = coreRooms[from]
  if (allowed === undefined) return `${from} is not a room of core; name it in scripts/check/import-rules.ts`
  return allowed.includes(to) ? undefined : `${from} knows ${allowed.join(', ') || 'no other room'}, not ${to}`
}

function objectionToPackage({ manifest }: Workspace, file: string, name: string): string | undefined {
  const isCore = manifest.name === '@eventspine/core'
  if (name.startsWith('node:') || builtins.has(name)) {
    return isCore && !coreRoomsOnNode.includes(roomOf(file)) ? 'core runs without Node' : undefined
  }
  if (name.startsWith('@eventspine/')) {
    return !isCore && allowedDoors.includes(name) ? undefined : `source may enter ${allowedDoors.join(', ')} only`
  }
  const declared = { ...manifest.dependencies, ...(isCore ? {} : manifest.peerDependencies) }
  return packageOf(name) in declared ? undefined : `${packageOf(name)} is no dependency of ${manifest.name}`
}

/** True for what `npm publish` ships: tests and private workspaces may import whatever they have installed. */
function isSource({ manifest }: Workspace, file: string): boolean {
  return manifest.private !== true && file.startsWith('src/') && !/\.test(-d)?\.[cm]?ts$/.test(file)
}

/** `src/event/codec.ts` is in `event`, `src/error.ts` in `base`, `src/index.ts` is the door. */
function roomOf(file: string): string {
  const [, room = '', ...rest] = file.split('/')
  if (rest.length > 0) return room
  return room === 'index.ts' ? 'index' : 'base'
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}
