import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isRole, type Role } from '../demo/roles.ts'

export interface ProcessArguments {
  readonly role: Role
  /** Where the databases lie; each process opens its own. */
  readonly folder: string
  readonly productsFile: string
}

const usage =
  'service order|payment|inventory|journal, or relay order|payment|inventory; --folder DIR [--products FILE]'

const shopsOwn = fileURLToPath(new URL('../../products.json', import.meta.url))

export function readArguments(args: readonly string[]): ProcessArguments {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { folder: { type: 'string' }, products: { type: 'string', default: shopsOwn } },
  })
  const [kind, service = ''] = positionals
  const role = kind === 'relay' ? `${service}-relay` : service
  const { folder, products: productsFile } = values
  const isKind = kind === 'relay' || (kind === 'service' && !service.endsWith('-relay'))
  if (!isKind || !isRole(role) || folder === undefined) throw new Error(`Usage: ${usage}`)
  return { role, folder, productsFile }
}
