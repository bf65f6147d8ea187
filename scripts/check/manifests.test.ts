import { expect, test } from 'vitest'
import { makeRepo } from './fixture.ts'
import { checkManifests } from './manifests.ts'

interface Repo {
  readonly root?: Readonly<Record<string, string>>
  readonly a?: Readonly<Record<string, string>>
  readonly resolved?: string
}

function findingsIn({ root = {}, a = {}, resolved }: Repo): string[] {
  using repo = makeRepo({
    'package.json': JSON.stringify({ name: 'repo', workspaces: ['packages/*'], devDependencies: root }),
    'packages/a/package.json': JSON.stringify({ name: 'a', dependencies: a }),
    'packages/b/package.json': JSON.stringify({ name: 'b' }),
    'package-lock.json': JSON.stringify({
      packages: { 'node_modules/b': { resolved: 'packages/b', link: true }, 'node_modules/zod': { resolved } },
    }),
  })
  return checkManifests(repo.base)
}

test('accepts exact versions, the same everywhere, and workspaces at any', () => {
  expect(findingsIn({ root: { zod: '4.6.7' }, a: { zod: '4.6.7', b: '*' } })).toEqual([])
})

test.each(['^4.6.7', '~4.6.7', '4', '*', 'latest'])('refuses a version that floats: %s', (version) => {
  expect(findingsIn({ a: { zod: version } })).toEqual([
    `packages/a/package.json: zod is '${version}'; pin one exact version`,
  ])
})

test('refuses two versions of one package', () => {
  expect(findingsIn({ root: { zod: '4.6.7' }, a: { zod: '4.6.6' } })).toEqual([
    'packages/a/package.json: zod is 4.6.6 here and 4.6.7 elsewhere',
  ])
})

test('refuses the address of a registry in the lockfile', () => {
  expect(findingsIn({ resolved: 'https://registry.example/zod.tgz' })).toEqual([
    expect.stringContaining('node_modules/zod holds the address of a registry'),
  ])
})
