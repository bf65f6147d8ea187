import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Milliseconds that a fresh process takes to import `specifier`, its own start not counted. */
export async function importMs(specifier: string): Promise<number> {
  const script = `const from = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - from)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
  })
  return Number(stdout)
}
