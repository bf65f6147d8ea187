import { build } from './lib/build.ts'
import { CommandFailed } from './lib/run.ts'

/** What `npm run demo`, `bench` and `test` start with: their own output is what the reader came for. */
try {
  await build()
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error
  process.stderr.write(`${error.output}\n${error.message}\n`)
  process.exitCode = 1
}
