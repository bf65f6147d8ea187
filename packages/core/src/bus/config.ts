import { InvalidConfigError } from './errors.ts'
import type { BusOptions } from './options.ts'

/** Types and checks the options of a bus where they are written down, as in `eventspine.config.ts`. */
export function defineConfig<const Config extends BusOptions>(config: Config): Config {
  checkOptions(config)
  return config
}

/**
 * Loads a config module (`new URL('./eventspine.config.ts', import.meta.url)`), whose default export `defineConfig` made.
 * Rejects with `invalid-config` when there is none, or when it does not hold.
 */
export async function loadConfig(location: string | URL): Promise<BusOptions> {
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
  const { source, transport, publishTimeoutMs = 1, stopGraceMs = 0 } = options
  if (typeof source !== 'string' || source === '') {
    throw new InvalidConfigError('"source" is a URI that names this service.')
  }
  if (
    typeof transport !== 'string' &&
    typeof (transport as { connect?: unknown } | undefined)?.connect !== 'function'
  ) {
    throw new InvalidConfigError('"transport" is a URL or an adapter object.')
  }
  checkChoice('topology', options.topology, ['ensure', 'verify', 'none'])
  checkChoice('unheard', options.unheard, ['count', 'reject'])
  if (!(publishTimeoutMs > 0)) throw new InvalidConfigError('"publishTimeoutMs" is a number above 0.')
  if (!(stopGraceMs >= 0)) throw new InvalidConfigError('"stopGraceMs" is a number from 0.')
}

function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value)) {
    throw new InvalidConfigError(`"${name}" is one of ${choices.join(', ')}.`)
  }
}
