import { globSync, readFileSync } from 'node:fs'
import { type Class, type PropertyDefinition, parseSync } from 'oxc-parser'
import { listPublished } from '../lib/workspaces.ts'

/** A class with a code of its own, as the sources declare it. */
export interface ErrorClass {
  readonly name: string
  readonly code: string
  /** `undefined` where each error says for itself. */
  readonly retryable: boolean | undefined
  readonly file: string
}

interface Declaration {
  readonly name: string
  readonly parent: string | undefined
  readonly code: unknown
  readonly retryable: unknown
  readonly file: string
}

/**
 * Every class of the published sources at `base` that extends `EventspineError` and has a code, sorted by code. The clauses of
 * the suites are apart: they play applications, and what those declare is theirs.
 */
export function collectErrors(base: string): ErrorClass[] {
  const declared = new Map(
    listPublished(base)
      .flatMap(({ folder }) => globSync('src/**/*.ts', { cwd: `${base}/${folder}` }).map((file) => `${folder}/${file}`))
      .filter((file) => !file.includes('.test') && !file.includes('/clauses/'))
      .flatMap((file) => classesIn(file, readFileSync(`${base}/${file}`, 'utf8')))
      .map((each) => [each.name, each] as const),
  )
  const errors: ErrorClass[] = []
  for (const { name, code, file } of declared.values()) {
    const chain = ancestry(declared, name)
    if (typeof code !== 'string' || chain.at(-1) !== 'EventspineError') continue
    const retryable = chain.map((each) => declared.get(each)?.retryable).find((each) => each !== undefined)
    errors.push({ name, code, retryable: typeof retryable === 'boolean' ? retryable : undefined, file })
  }
  return errors.sort((a, b) => a.code.localeCompare(b.code))
}

/** The class and what it extends, as far as the sources tell. */
function ancestry(declared: ReadonlyMap<string, Declaration>, name: string): string[] {
  const parent = declared.get(name)?.parent
  return parent === undefined || name === 'EventspineError' ? [name] : [name, ...ancestry(declared, parent)]
}

function classesIn(file: string, source: string): Declaration[] {
  return parseSync(file, source).program.body.flatMap((statement) => {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    return node?.type === 'ClassDeclaration' && node.id ? [declarationOf(file, node.id.name, node)] : []
  })
}

function declarationOf(file: string, name: string, node: Class): Declaration {
  const parent = node.superClass?.type === 'Identifier' ? node.superClass.name : undefined
  return { name, parent, code: literalOf(node, 'code'), retryable: literalOf(node, 'retryable'), file }
}

/** The literal that a field is set to; `null` for a field set in the constructor. */
function literalOf(node: Class, field: string): unknown {
  const property = node.body.body.find(
    (each): each is PropertyDefinition =>
      each.type === 'PropertyDefinition' && each.key.type === 'Identifier' && each.key.name === field,
  )
  if (property === undefined) return undefined
  return property.value?.type === 'Literal' ? property.value.value : null
}
