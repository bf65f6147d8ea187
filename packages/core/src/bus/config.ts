import { isUriReference } from '../event/attribute-types.ts'
import { InvalidConfigError } from './errors.ts'
import type { BusOptions } from './options.ts'

/** Types and checks the options of a bus where they are written down, as in `eventspine.config.ts`. */
export function defineConfig<const Config extends BusOptions>(config: Config): Config {
  checkOptions(config)
  return config
}

/**
 * Loads a config module (`new URL('./eventspine.config.ts', import.meta.url)` or an absolute path), whose default export
 * `defineConfig` made. Rejects with `invalid-config` when there is none, or when it does not hold.
 */
export async function loadConfig(location: string | URL): Promise<BusOptions> {
  // It would be looked for beside this file.
  if (/^\.\.?[/\\]/.test(String(location))) {
    throw new InvalidConfigError('A relative path needs its base: write new URL(path, import.meta.url).')
  }
  let module: { default?: unknown }
  try {
    module = (await import(String(location))) as { default?: unknown }
  } catch (cause) {
    throw new InvalidConfigError('The config module could not be loaded.', { cause })
  }
  const config = module.default
  if (typeof config !== 'object' || config === null) {
    throw new InvalidConfigError('The config module has no default export: write `export default defineConfig({ … })`.')
  }
  checkOptions(config as BusOptions)
  return config as BusOptions
}

/** Throws `invalid-config`. No message repeats the transport's URL: it may hold a password. */
export function checkOptions(options: BusOptions): void {
  const { source, transport, topology = 'ensure', unheard = 'count', publishTimeoutMs = 1, stopGraceMs = 0 } = options
  const isAdapter = typeof (transport as { connect?: unknown } | undefined)?.connect === 'function'
  check(
    'source',
    typeof source === 'string' && source !== '' && isUriReference(source),
    'a URI that names this service',
  )
  check('transport', typeof transport === 'string' || isAdapter, 'a URL or an adapter')
  check('topology', ['ensure', 'verify', 'none'].includes(topology), 'ensure, verify or none')
  check('unheard', ['count', 'reject'].includes(unheard), 'count or reject')
  check('publishTimeoutMs', publishTimeoutMs > 0, 'more than 0')
  check('stopGraceMs', stopGraceMs >= 0, 'at least 0')
}

function check(option: string, holds: boolean, rule: string): void {
  if (!holds) throw new InvalidConfigError(`"${option}" must be ${rule}.`)
}
