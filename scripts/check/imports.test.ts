import { expect, test } from 'vitest'
import { makeRepo } from './fixture.ts'
import { checkImports } from './imports.ts'

const manifests = {
  'package.json': JSON.stringify({ name: 'repo', workspaces: ['packages/*', 'examples/*'] }),
  'packages/core/package.json': JSON.stringify({
    name: '@eventspine/core',
    dependencies: { '@standard-schema/spec': '1.0.0' },
  }),
  'packages/kafka/package.json': JSON.stringify({
    name: '@eventspine/kafka',
    dependencies: { '@platformatic/kafka': '1.0.0' },
    peerDependencies: { '@eventspine/core': '0.1.0' },
  }),
  'examples/shop/package.json': JSON.stringify({ name: 'shop', private: true }),
}

function findingsIn(file: string, source: string): string[] {
  using repo = makeRepo({ ...manifests, [file]: source })
  return checkImports(repo.base)
}

const refused: readonly [rule: string, file: string, source: string, reason: string][] = [
  [
    'an event that knows a transport',
    'packages/core/src/event/a.ts',
    `import '../transport/message.ts'`,
    'event knows base, not transport',
  ],
  ['a type taken from the bus', 'packages/core/src/outbox/a.ts', `import type { Bus } from '../bus/bus.ts'`, 'not bus'],
  ['a type named in passing', 'packages/core/src/consumer/a.ts', `type B = import('../bus/bus.ts').Bus`, 'not bus'],
  [
    'a re-export against the arrow',
    'packages/core/src/transport/a.ts',
    `export { lane } from '../consumer/lane.ts'`,
    'not consumer',
  ],
  ['an import at run time', 'packages/core/src/middleware/a.ts', `await import('../bus/bus.ts')`, 'not bus'],
  [
    'a base file that knows a room',
    'packages/core/src/clock.ts',
    `import './event/event.ts'`,
    'base knows no other room',
  ],
  ['a room nobody named', 'packages/core/src/misc/a.ts', `import '../error.ts'`, 'misc is not a room'],
  [
    'Node in the core',
    'packages/core/src/event/a.ts',
    `import { randomUUID } from 'node:crypto'`,
    'core runs without Node',
  ],
  ['Node by its old name', 'packages/core/src/event/a.ts', `import fs from 'fs'`, 'core runs without Node'],
  ['a broker client in the core', 'packages/core/src/bus/a.ts', `import 'amqplib'`, 'amqplib is no dependency'],
  ['an adapter in the core', 'packages/core/src/bus/a.ts', `import '@eventspine/kafka'`, 'source may enter'],
  ['a test suite in an adapter', 'packages/kafka/src/a.ts', `import '@eventspine/core/testing'`, 'source may enter'],
  ['a client that is not its own', 'packages/kafka/src/a.ts', `import 'ioredis'`, 'ioredis is no dependency'],
  ['a neighbour by its path', 'packages/kafka/src/a.ts', `import '../../core/src/error.ts'`, 'by its package name'],
  [
    'a neighbour by its path, in a test',
    'packages/kafka/test/a.test.ts',
    `import '../../core/src/error.ts'`,
    'by its package name',
  ],
  [
    'a package by its path, in an example',
    'examples/shop/src/a.ts',
    `import '../../../packages/core/src/error.ts'`,
    'by its package name',
  ],
]

test.each(refused)('refuses %s', (_rule, file, source, reason) => {
  expect(findingsIn(file, `\n${source}\n`)).toEqual([expect.stringContaining(`${file}:2 imports `)])
  expect(findingsIn(file, source).join()).toContain(reason)
})

const allowed: readonly [rule: string, file: string, source: string][] = [
  [
    'an arrow that points the right way',
    'packages/core/src/consumer/a.ts',
    `import '../transport/message.ts'\nimport '../error.ts'`,
  ],
  ['the front door to open the bus', 'packages/core/src/index.ts', `export { createBus } from './bus/create-bus.ts'`],
  ['Node in the suites', 'packages/core/src/testing/a.ts', `import 'node:assert'`],
  [
    'Node, core and its own client in an adapter',
    'packages/kafka/src/a.ts',
    `import 'node:net'\nimport '@eventspine/core/transport'\nimport '@platformatic/kafka/x'`,
  ],
  [
    'any room and package in a test',
    'packages/core/src/event/a.test.ts',
    `import '../bus/bus.ts'\nimport 'zod'\nimport 'node:fs'`,
  ],
  [
    'what only looks like an import',
    'packages/core/src/event/a.ts',
    `// import '../bus/bus.ts'\nexport const text = "import 'node:fs'"`,
  ],
]

test.each(allowed)('allows %s', (_rule, file, source) => {
  expect(findingsIn(file, source)).toEqual([])
})
