import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../lib/paths.ts'
import { doorsOf, listPublished } from '../lib/workspaces.ts'
import { collectErrors, type ErrorClass } from './collect-errors.ts'

const declared = collectErrors(root)
const abstract = ['EventError', 'TransportError']
const retries = (retryable: boolean | undefined) => {
  if (retryable === undefined) return 'retryable or not'
  return retryable ? 'retryable' : 'not retryable'
}

/** A section of docs/errors.md: the code as its heading, then the class and whether a retry may help. */
function readCatalogue(): Map<string, Pick<ErrorClass, 'name'> & { readonly retries: string; readonly text: string }> {
  const page = readFileSync(`${root}/docs/errors.md`, 'utf8')
  const sections = page.matchAll(/^### `([a-z-]+)`\n\n`(\w+)`, ([a-z ]+)\. ([^#]+)/gm)
  return new Map(
    [...sections].map(([, code = '', name = '', retryable = '', text = '']) => [
      code,
      { name, retries: retryable, text },
    ]),
  )
}

/** The classes that a user can name, abstract ones apart: they have no code. */
async function exportedErrors(): Promise<string[]> {
  const doors = await Promise.all(
    listPublished()
      .flatMap(doorsOf)
      .map((door) => import(door) as Promise<object>),
  )
  const exported = new Map(doors.flatMap((door) => Object.entries(door)))
  const base = exported.get('EventspineError')
  return [...exported]
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof base)
    .map(([name]) => name)
    .filter((name) => !abstract.includes(name))
}

test('no two errors share a code', () => {
  const codes = declared.map(({ code }) => code)
  expect(codes).toEqual([...new Set(codes)])
})

test('every error has its section in docs/errors.md, and every section its error', () => {
  const written = [...readCatalogue().entries()].map(([code, { name, retries }]) => `${code} ${name} ${retries}`)
  expect(written.sort()).toEqual(
    declared.map(({ code, name, retryable }) => `${code} ${name} ${retries(retryable)}`).sort(),
  )
})

test('every heading of docs/errors.md is a section that this test can read', () => {
  const headings = readFileSync(`${root}/docs/errors.md`, 'utf8').match(/^### .+$/gm) ?? []
  expect(headings).toEqual([...readCatalogue().keys()].map((code) => `### \`${code}\``))
})

test('every section says what to do', () => {
  for (const [code, { text }] of readCatalogue()) expect(text, code).toMatch(/\*\*Do:\*\* \S/)
})

test('a user can name every error, to catch it', async () => {
  expect((await exportedErrors()).sort()).toEqual(declared.map(({ name }) => name).sort())
})
