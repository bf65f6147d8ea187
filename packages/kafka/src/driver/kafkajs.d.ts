// biome-ignore-all lint/style/noDefaultExport: that is how the package exports.
/**
 * The parts of kafkajs below its public face, as far as we touch them: its protocol codecs and its connections. Its consumer
 * can't wait before it gives up partitions, and its producer takes a sequence back that the broker may have used; both are
 * policy, and this is what lies under it. 2.2.4 is pinned exactly: `docs/decisions` says why.
 */
declare module 'kafkajs/src/broker/index.js' {
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js'

  type Decoded = Record<string, unknown>
  export interface Call {
    readonly request: unknown
    readonly response: { decode(raw: Buffer): Promise<Decoded> }
  }
  export default class Broker {
    constructor(options: {
      connectionPool: ConnectionPool
      logger: unknown
      authenticationTimeout: number
      allowAutoTopicCreation: false
    })
    readonly connectionPool: ConnectionPool
    lookupRequest(apiKey: number, definition: unknown): (args: unknown) => Call
    connect(): Promise<void>
  }
}

declare module 'kafkajs/src/network/connectionPool.js' {
  import type { Socket } from 'node:net'

  interface Connection {
    readonly requestQueue: { pending: readonly unknown[]; scheduleCheckPendingRequests(): void; destroy(): void }
    readonly socket?: Socket
    rejectRequests(error: Error): void
    disconnect(): Promise<unknown>
    isConnected(): boolean
  }
  export default class ConnectionPool {
    constructor(options: {
      host: string
      port: number
      ssl: unknown
      sasl: unknown
      clientId: string
      connectionTimeout: number
      requestTimeout: number
      enforceRequestTimeout: false
      socketFactory: unknown
      logger: unknown
    })
    readonly pool: readonly Connection[]
    send(call: {
      request: unknown
      response: { decode(raw: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> }
      logResponseError: false
    }): Promise<unknown>
  }
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  const requests: { readonly requests: Readonly<Record<string, unknown>> }
  export default requests
}

declare module 'kafkajs/src/protocol/requests/apiKeys.js' {
  const apiKeys: Readonly<Record<string, number>>
  export default apiKeys
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: { readonly errorCodes: readonly { readonly code: number; readonly type: string }[] }
  export default errors
}

declare module 'kafkajs/src/loggers/index.js' {
  const loggers: {
    createLogger(options: { level: number; logCreator: () => (entry: unknown) => void }): unknown
  }
  export default loggers
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function createSocketFactory(): unknown
}

declare module 'kafkajs/src/consumer/filterAbortedMessages.js' {
  export default function filterAbortedMessages<Message>(data: {
    messages: readonly Message[]
    abortedTransactions: readonly unknown[]
  }): Message[]
}

declare module 'kafkajs/src/consumer/assignerProtocol.js' {
  const protocol: {
    MemberMetadata: {
      encode(metadata: { version: number; topics: readonly string[]; userData: Buffer }): Buffer
      decode(buffer: Buffer): { topics: string[]; userData: Buffer | null }
    }
    MemberAssignment: {
      encode(assignment: { version: number; assignment: Record<string, readonly number[]> }): Buffer
      decode(buffer: Buffer): { assignment: Record<string, number[]> } | null
    }
  }
  export default protocol
}
