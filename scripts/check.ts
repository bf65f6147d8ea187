import { parseArgs } from 'node:util'
import { checkDocExamples } from './check/doc-examples.ts'
import { checkImports } from './check/imports.ts'
import { checkManifests } from './check/manifests.ts'
import { checkPackages } from './check/packages.ts'
import { importTime, sizeOfBus } from './check/size.ts'
import { build } from './lib/build.ts'
import { root } from './lib/paths.ts'
import { run } from './lib/run.ts'
import { refuse, runSteps, type Step } from './lib/step.ts'

const command = (name: string, ...args: string[]): Step['run'] => {
  return async () => {
    await run(name, args)
    return undefined
  }
}

const steps: readonly Step[] = [
  { name: 'types', run: command('tsc', '-p', '.') },
  { name: 'doc examples', run: () => checkDocExamples(root) },
  { name: 'lint', run: command('biome', 'ci', '--error-on-warnings', '--colors=off') },
  { name: 'manifests', run: async () => void refuse(checkManifests(root)) },
  { name: 'imports', run: async () => void refuse(checkImports(root)) },
  { name: 'dead code', run: command('knip', '--no-progress', '--no-config-hints') },
  { name: 'build', run: async () => void (await build()) },
  { name: 'packages', run: checkPackages },
  { name: 'size', run: sizeOfBus },
  { name: 'import time', run: importTime },
]

const { positionals } = parseArgs({ allowPositionals: true })
const unknown = positionals.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `No such check: ${unknown.join(', ')}. There are: ${steps.map((step) => step.name).join(', ')}\n`,
  )
  process.exitCode = 2
} else {
  await runSteps(steps.filter((step) => positionals.length === 0 || positionals.includes(step.name)))
}
