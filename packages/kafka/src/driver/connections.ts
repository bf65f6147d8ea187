import Broker from 'kafkajs/src/broker/index.js'
import loggers from 'kafkajs/src/loggers/index.js'
import ConnectionPool from 'kafkajs/src/network/connectionPool.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import errors from 'kafkajs/src/protocol/error.js'
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys.js'
import requests from 'kafkajs/src/protocol/requests/index.js'
import type { TlsOptions } from '../tls.ts'
import { connectionLost, DriverError, type DriverErrorType, notAllowed, notConnected } from './driver.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ConnectionOptions {
  readonly clientId: string
  readonly tls: TlsOptions | boolean
  readonly sasl: unknown
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** Where an advertised address is really reached. */
  readonly route: (address: Address) => Address
}

const silent = loggers.createLogger({ level: 0, logCreator: () => () => {} })
const socketFactory = createSocketFactory()

const typeByCode = new Map(errors.errorCodes.map(({ code, type }) => [code, type]))

/** The protocol's name of an error code; undefined for success. */
export function errorType(code: number): DriverErrorType | undefined {
  return code === 0 ? undefined : (typeByCode.get(code) ?? `ERROR_${code}`)
}

/** One broker: a connection for fetches, which wait, and one for everything else. */
export class Connections {
  readonly #broker: Broker
  readonly #options: ConnectionOptions
  readonly #where: string

  constructor(address: Address, options: ConnectionOptions) {
    const { host, port } = options.route(address)
    this.#where = `${address.host}:${address.port}`
    this.#options = options
    const connectionPool = new ConnectionPool({
      host,
      port,
      ssl: options.tls === false ? null : options.tls === true ? {} : options.tls,
      sasl: options.sasl,
      clientId: options.clientId,
      connectionTimeout: options.connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      enforceRequestTimeout: false,
      socketFactory,
      logger: silent,
    })
    for (const { requestQueue } of connectionPool.pool) quiet(requestQueue)
    this.#broker = new Broker({
      connectionPool,
      logger: silent,
      authenticationTimeout: options.connectTimeoutMs,
      allowAutoTopicCreation: false,
    })
  }

  async connect(): Promise<void> {
    try {
      await within(this.#options.connectTimeoutMs * 2, this.#broker.connect(), () => this.#timeout(notConnected))
    } catch (error) {
      this.destroy()
      throw this.#connectFailed(error)
    }
  }

  /** The decoded answer, whatever error codes it holds; rejects when none came. */
  async send(api: string, args: unknown, extraMs = 0): Promise<Record<string, unknown>> {
    const make = this.#broker.lookupRequest(apiKeys[api] as number, requests.requests[api])
    const { request, response } = make(args)
    const sent = this.#broker.connectionPool.send({
      request,
      response: { decode: (raw) => response.decode(raw), parse: async (data) => data },
      logResponseError: false,
    })
    try {
      const late = (): DriverError => this.#timeout(connectionLost)
      return (await within(this.#options.requestTimeoutMs + extraMs, sent, late)) as Record<string, unknown>
    } catch (error) {
      this.destroy()
      throw this.#sendFailed(error, api)
    }
  }

  /** At once, without waiting for answers: a socket that has gone silent would keep them for ever. */
  destroy(): void {
    for (const connection of this.#broker.connectionPool.pool) {
      connection.rejectRequests(new Error('Closed'))
      connection.socket?.destroy()
      connection.requestQueue.destroy()
      connection.disconnect().catch(() => {})
    }
  }

  #timeout(type: DriverErrorType): DriverError {
    return new DriverError(type, `${this.#where} did not answer in time`)
  }

  /** Never the client's own words: they may repeat what it was configured with. */
  #connectFailed(error: unknown): DriverError {
    if (error instanceof DriverError) return error
    const { name = '', code, type } = error as { name?: string; code?: unknown; type?: string }
    if (/SASL/i.test(name) || (type !== undefined && /SASL|AUTH|UNSUPPORTED_VERSION/.test(type))) {
      return new DriverError(notAllowed, `${this.#where} refused the credentials or the protocol`)
    }
    if (typeof code === 'string' && /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code)) {
      return new DriverError(notAllowed, `TLS with ${this.#where} failed: ${code}`)
    }
    return new DriverError(
      notConnected,
      `${this.#where} can't be reached${code === undefined ? '' : `: ${String(code)}`}`,
    )
  }

  #sendFailed(error: unknown, api: string): DriverError {
    if (error instanceof DriverError) return error
    const { name, type } = error as { name?: string; type?: string }
    if (name === 'KafkaJSNotImplemented') {
      return new DriverError('UNSUPPORTED_COMPRESSION_TYPE', 'A record is compressed in a way that has no codec here')
    }
    if (type !== undefined && /SASL|AUTHENTICATION/.test(type)) return this.#connectFailed(error)
    if (name === 'KafkaJSServerDoesNotSupportApiKey') {
      return new DriverError(notAllowed, `${this.#where} does not know ${api}`)
    }
    return new DriverError(connectionLost, `The connection to ${this.#where} was lost`)
  }
}

/** It arms a timer with a negative delay after every answer (kafkajs #1751), which Node 24 warns of. */
function quiet(queue: { pending: readonly unknown[]; scheduleCheckPendingRequests(): void }): void {
  const schedule = queue.scheduleCheckPendingRequests
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule.call(queue)
  }
}

async function within<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
