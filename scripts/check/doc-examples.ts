import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../lib/run.ts'

/**
 * Type-checks every TypeScript block of the Markdown files that stands for itself: one that begins with an import. They are
 * written inside the workspace, so that they resolve packages as its code does. Resolves to how many there are.
 */
export async function checkDocExamples(base: string): Promise<string> {
  const folder = join(base, '.eventspine', 'doc-examples')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: base, encoding: 'utf8' })
  const examples = files
    .split('\n')
    .filter((file) => file !== '')
    .flatMap((file) => examplesIn(readFileSync(join(base, file), 'utf8')).map((text) => ({ file, text })))
  for (const [index, { file, text }] of examples.entries()) {
    writeFileSync(join(folder, `${file.replaceAll('/', '-')}-${index}.ts`), text)
  }
  // An example may end with what the reader goes on with.
  const compilerOptions = { noUnusedLocals: false }
  const config = { extends: join(base, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await run('tsc', ['-p', folder])
  return `${examples.length} examples`
}

/** The TypeScript blocks of a page that begin with an import. */
export function examplesIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string)
  return blocks.filter((block) => block.startsWith('import '))
}
