import { EventspineError } from '../error.ts'
import type { Transport } from './transport.ts'

const packageOf: Readonly<Record<string, string>> = {
  memory: '@eventspine/memory',
  kafka: '@eventspine/kafka',
  amqp: '@eventspine/rabbitmq',
  amqps: '@eventspine/rabbitmq',
  sqs: '@eventspine/sqs',
  redis: '@eventspine/redis',
  rediss: '@eventspine/redis',
}

/** The transport URL's scheme belongs to no adapter. */
export class UnknownSchemeError extends EventspineError {
  readonly code = 'unknown-scheme'
  readonly retryable = false
}

/** The adapter for the transport URL isn't installed. */
export class MissingAdapterError extends EventspineError {
  readonly code = 'missing-adapter'
  readonly retryable = false
}

/** What every adapter package exports so that a URL can name it. */
interface AdapterModule {
  transportFromUrl(url: string): Transport
}

/** An adapter object is itself; a URL loads the package of its scheme. No message repeats the URL: it may hold a password. */
export async function resolveTransport(transport: string | Transport): Promise<Transport> {
  if (typeof transport !== 'string') return transport
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(transport)?.[1]?.toLowerCase()
  const name = scheme === undefined || !Object.hasOwn(packageOf, scheme) ? undefined : packageOf[scheme]
  if (name === undefined) throw unknownScheme(scheme)
  const adapter = await loadAdapter(name, `${scheme}:`)
  return adapter.transportFromUrl(transport)
}

function unknownScheme(scheme: string | undefined): UnknownSchemeError {
  const known = Object.keys(packageOf).join(':, ')
  return new UnknownSchemeError(`No transport is called "${scheme ?? ''}:"; there are ${known}:, and adapter objects.`)
}

async function loadAdapter(name: string, scheme: string): Promise<AdapterModule> {
  try {
    return (await import(name)) as AdapterModule
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause
    throw new MissingAdapterError(`"${scheme}" needs a package that isn't installed. Run: npm install ${name}`, {
      cause,
    })
  }
}

/**
 * A package that is there but misses one of its own dependencies is another story, told by its own error. By the text, since
 * bundlers and test runners resolve in their own words and without Node's code.
 */
function isMissing(cause: unknown, name: string): boolean {
  if (!(cause instanceof Error)) return false
  const [, missing] =
    /(?:cannot find|could not resolve|failed to resolve)[^'"]*['"]([^'"]+)['"]/i.exec(cause.message) ?? []
  return missing === name
}
