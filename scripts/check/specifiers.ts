import { parseSync } from 'oxc-parser'

/** A module that a file names, and the line where it does. */
export interface Specifier {
  readonly name: string
  readonly line: number
}

const importing: ReadonlySet<unknown> = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
  'TSExternalModuleReference',
])

/** Every module that `source` imports, re-exports or takes a type from; a computed `import(name)` names none. */
export function specifiersOf(file: string, source: string): Specifier[] {
  const found: Specifier[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, source: from, expression } = node as { type?: unknown; source?: unknown; expression?: unknown }
    if (importing.has(type)) {
      const { value, start } = (from ?? expression ?? {}) as { value?: unknown; start?: number }
      if (typeof value === 'string') found.push({ name: value, line: source.slice(0, start).split('\n').length })
    }
    for (const child of Object.values(node)) visit(child)
  }
  visit(parseSync(file, source).program.body)
  return found
}
