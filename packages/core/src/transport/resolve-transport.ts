import { EventspineError } from '../error.ts'
import type { Transport } from './transport.ts'

const adapterOf: Readonly<Record<string, string>> = {
  memory: 'memory',
  kafka: 'kafka',
  amqp: 'rabbitmq',
  amqps: 'rabbitmq',
  sqs: 'sqs',
  redis: 'redis',
  rediss: 'redis',
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
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(transport)?.[0].toLowerCase() ?? ''
  if (!Object.hasOwn(adapterOf, scheme)) {
    throw new UnknownSchemeError(
      `No transport begins with "${scheme}", only with ${Object.keys(adapterOf).join(':, ')}:.`,
    )
  }
  const { transportFromUrl } = await loadAdapter(`@eventspine/${adapterOf[scheme]}`)
  return transportFromUrl(transport)
}

async function loadAdapter(name: string): Promise<AdapterModule> {
  try {
    return (await import(name)) as AdapterModule
  } catch (cause) {
    throw isMissing(cause, name)
      ? new MissingAdapterError(`The adapter is not installed. Run: npm install ${name}`, { cause })
      : cause
  }
}

/**
 * A package that is there but misses one of its own dependencies is another story, told by its own error. By the text, since
 * bundlers and test runners resolve in their own words and without Node's code.
 */
function isMissing(cause: unknown, name: string): boolean {
  return cause instanceof Error && /(?:find|resolve)[^'"]*['"]([^'"]+)/i.exec(cause.message)?.[1] === name
}
