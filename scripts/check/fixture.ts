import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A throw-away monorepo of the given files; disposing of it deletes it. */
export function makeRepo(files: Readonly<Record<string, string>>): Disposable & { readonly base: string } {
  const base = mkdtempSync(join(tmpdir(), 'eventspine-repo-'))
  for (const [file, text] of Object.entries(files)) {
    const path = join(base, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return { base, [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) }
}
