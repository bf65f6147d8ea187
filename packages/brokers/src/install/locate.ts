import { constants, globSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The program's path: from the folders (globs; the last match wins, the newest version) or else from `PATH`. */
export async function locate(program: string, folders: readonly string[] = []): Promise<string | undefined> {
  const packaged = folders.flatMap((folder) => globSync(join(folder, program)).sort(byNumbers).reverse())
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  for (const candidate of [...packaged, ...onPath]) {
    try {
      await access(candidate, constants.X_OK)
      return candidate
    } catch {}
  }
  return undefined
}

const byNumbers = new Intl.Collator('en', { numeric: true }).compare
