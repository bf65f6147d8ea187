import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../lib/paths.ts'
import { run } from '../lib/run.ts'
import { readManifest } from '../lib/workspaces.ts'

/** The oldest of each that a release supports; the newest is what this checkout runs on. */
const oldestNode = '22.22.0'
const oldestTypeScript = '5.9.3'

/**
 * Installs the tarballs into an empty project in `folder` and uses every door from an ES module, from CommonJS and from
 * TypeScript with library checks on; on the oldest Node and TypeScript as well as on ours.
 */
export async function tryInBlankProject(
  folder: string,
  tarballs: readonly string[],
  doors: readonly string[],
): Promise<string> {
  await mkdir(folder)
  await writeProject(folder, doors)
  // The platform package is Node and nothing else: no install script to approve.
  const node = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const types = readManifest(root).devDependencies?.['@types/node']
  const tools = [`${node}@${oldestNode}`, `typescript@${oldestTypeScript}`, `@types/node@${types}`]
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs, ...tools], { cwd: folder })

  const nodes = [process.execPath, join(folder, 'node_modules', node, 'bin', 'node')]
  for (const command of nodes) {
    for (const file of ['import.mjs', 'require.cjs']) await run(command, [file], { cwd: folder })
  }
  const compilers = [root, folder].map((owner) => join(owner, 'node_modules', 'typescript', 'bin', 'tsc'))
  for (const compiler of compilers) await run(process.execPath, [compiler, '-p', '.'], { cwd: folder })
  return `${doors.length} doors on Node ${oldestNode} and ${process.versions.node}, TypeScript ${oldestTypeScript} and ours`
}

async function writeProject(folder: string, doors: readonly string[]): Promise<void> {
  const names = doors.map((door, index) => [`door${index}`, door] as const)
  const used = names.map(([name]) => name).join(', ')
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const files: Record<string, string> = {
    'package.json': JSON.stringify({ name: 'blank', private: true }),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.mts', '*.cts'] }),
    'import.mjs': [
      ...names.map(([name, door]) => `import * as ${name} from '${door}'`),
      `for (const door of [${used}]) if (Object.keys(door).length === 0) throw new Error('an empty door')`,
    ].join('\n'),
    'require.cjs': names
      .map(([, door]) => `if (Object.keys(require('${door}')).length === 0) throw new Error('an empty door')`)
      .join('\n'),
    'import.mts': [
      ...names.map(([name, door]) => `import * as ${name} from '${door}'`),
      `export const doors = [${used}]`,
    ].join('\n'),
    'require.cts': [
      ...names.map(([name, door]) => `import ${name} = require('${door}')`),
      `export const doors = [${used}]`,
    ].join('\n'),
    'app.mts': app,
  }
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(folder, file), text)))
}

/** The published types infer as the sources do: from the schema to the handler, with no schema library installed. */
const app = `
import { createBus, defineEvent, handle } from '@eventspine/core'

interface Order { orderId: string; total: number }
const schema = {
  '~standard': { version: 1, vendor: 'blank', validate: (value: unknown) => ({ value: value as Order }), types: undefined as { input: Order; output: Order } | undefined },
} as const

const OrderCreated = defineEvent('order.created', { schema, key: (order) => order.orderId })
const bus = await createBus({ source: 'https://shop.example/orders', transport: 'memory:' })
bus.subscribe({ group: 'billing', on: [handle(OrderCreated, async (event) => { const total: number = event.data.total; return void total })] })
// @ts-expect-error an order has a total
await bus.publish(OrderCreated, { orderId: 'o-1' })
`
