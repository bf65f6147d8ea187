import type { Logger } from '@eventspine/core'
import type { Address } from './driver/connections.ts'
import { InvalidOptionsError } from './errors.ts'
import type { TlsOptions } from './tls.ts'

export interface KafkaTransportOptions {
  /** `host:port` of some brokers; the others are found. */
  readonly brokers: readonly string[]
  /** Names this application in the broker's logs and quotas. Default `eventspine`. */
  readonly clientId?: string
  /** Default false; true checks the certificate against the system's authorities. */
  readonly tls?: boolean | TlsOptions
  readonly sasl?: SaslOptions
  /** Of topics that are created and whose spec doesn't say. Default 8. */
  readonly partitions?: number
  /** Of each delay topic of a group: so many of its members can share the retries of one tier. Default 4. */
  readonly retryPartitions?: number
  /** Of topics that are created. Default: the broker's. */
  readonly replicationFactor?: number
  /** How long created topics keep messages. Default: the broker's. Dead letters are kept until somebody removes them. */
  readonly retentionMs?: number
  /** How long one connection attempt may take. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** After this long without an answer a connection counts as dead. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** How often new partitions and topics are looked for. Default 10,000. */
  readonly metadataMaxAgeMs?: number
  /**
   * Where an address that the brokers advertise is really reached, both as `host:port`: for tunnels and port forwarding.
   */
  readonly addresses?: Readonly<Record<string, string>>
  /** Default true: what an answer's loss makes us send again is written once. */
  readonly idempotent?: boolean
  /** Told of lost connections and lost partitions. Default: nobody is told; `probe()` lists them. */
  readonly logger?: Logger
}

export type SaslOptions =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  /** `token` is asked for each connection; keep it fresh yourself. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> }

export interface Settings {
  readonly seeds: readonly Address[]
  readonly clientId: string
  readonly tls: boolean | TlsOptions
  readonly sasl: unknown
  readonly partitions: number
  readonly retryPartitions: number
  readonly replicationFactor: number
  readonly retentionMs: number | undefined
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly metadataMaxAgeMs: number
  readonly route: (address: Address) => Address
  readonly idempotent: boolean
  readonly logger: Logger | undefined
}

export function toSettings(options: KafkaTransportOptions): Settings {
  const seeds = options.brokers.map((broker) => toAddress(broker))
  if (seeds.length === 0) throw new InvalidOptionsError('brokers must name at least one host:port')
  return {
    seeds,
    clientId: options.clientId ?? 'eventspine',
    tls: options.tls ?? false,
    sasl: toSasl(options.sasl),
    partitions: positive('partitions', options.partitions, 8),
    retryPartitions: positive('retryPartitions', options.retryPartitions, 4),
    replicationFactor: options.replicationFactor ?? -1,
    retentionMs: options.retentionMs,
    connectTimeoutMs: positive('connectTimeoutMs', options.connectTimeoutMs, 10_000),
    requestTimeoutMs: positive('requestTimeoutMs', options.requestTimeoutMs, 30_000),
    metadataMaxAgeMs: positive('metadataMaxAgeMs', options.metadataMaxAgeMs, 10_000),
    route: routeBy(options.addresses ?? {}),
    idempotent: options.idempotent ?? true,
    logger: options.logger,
  }
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidOptionsError(`${name} must be a whole number above 0`)
}

function toAddress(text: string): Address {
  const match = /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(text)
  const port = Number(match?.[3] ?? 9092)
  if (match === null || port < 1 || port > 65_535) throw new InvalidOptionsError('A broker is host:port')
  return { host: match[1] ?? (match[2] as string), port }
}

function routeBy(addresses: Readonly<Record<string, string>>): (address: Address) => Address {
  const routes = new Map(Object.entries(addresses).map(([from, to]) => [from, toAddress(to)]))
  return (address) => routes.get(`${address.host}:${address.port}`) ?? address
}

function toSasl(sasl: SaslOptions | undefined): unknown {
  if (sasl === undefined) return null
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl }
  const { token } = sasl
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token() }) }
}

const numbers = [
  'partitions',
  'retryPartitions',
  'replicationFactor',
  'retentionMs',
  'connectTimeoutMs',
  'requestTimeoutMs',
] as const
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/**
 * `kafka://user:pass@host:9092,other:9092?tls=true&sasl=scram-sha-512&clientId=shop&partitions=12`; user and password are
 * percent-encoded, `sasl` defaults to `plain`, `ssl` is another word for `tls`.
 */
export function optionsFromUrl(url: string): KafkaTransportOptions {
  const match = /^kafka:\/\/(?:([^@/]*)@)?([^/?#@]+)\/?(?:\?([^#]*))?$/.exec(url)
  if (match === null)
    throw new InvalidOptionsError('A Kafka URL is kafka://[user:password@]host:port[,host:port][?option=value]')
  const [, user, hosts = '', query = ''] = match
  const given = new URLSearchParams(query)
  const known = ['tls', 'ssl', 'sasl', 'clientId', ...numbers]
  const unknown = [...given.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new InvalidOptionsError(`A Kafka URL has no option ${JSON.stringify(unknown.slice(0, 40))}`)
  const tls = given.get('tls') ?? given.get('ssl')
  if (tls !== null && tls !== 'true' && tls !== 'false') throw new InvalidOptionsError('tls is true or false')
  const clientId = given.get('clientId')
  const counts = numbers.flatMap((name) => {
    const value = given.get(name)
    return value === null ? [] : [[name, Number(value)] as const]
  })
  return {
    brokers: hosts.split(','),
    ...(tls === null ? {} : { tls: tls === 'true' }),
    ...(clientId === null ? {} : { clientId }),
    ...(user === undefined ? {} : { sasl: credentials(user, given.get('sasl') ?? 'plain') }),
    ...Object.fromEntries(counts),
  }
}

function credentials(user: string, mechanism: string): SaslOptions {
  const known = mechanisms.find((each) => each === mechanism)
  if (known === undefined) throw new InvalidOptionsError(`sasl is one of ${mechanisms.join(', ')}`)
  const colon = user.indexOf(':')
  try {
    const username = decodeURIComponent(colon < 0 ? user : user.slice(0, colon))
    const password = decodeURIComponent(colon < 0 ? '' : user.slice(colon + 1))
    return { mechanism: known, username, password }
  } catch {
    throw new InvalidOptionsError('User and password in a Kafka URL must be percent-encoded')
  }
}
