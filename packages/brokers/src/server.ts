export const serverNames = ['kafka', 'rabbitmq', 'redis', 'postgres', 'sqs'] as const

export type ServerName = (typeof serverNames)[number]

/** Where a server comes from, in the order in which they are tried. */
export type Origin = 'environment' | 'container' | 'native'

/** A real server. It ends with the process that started it, however that process ends. */
export interface Server extends AsyncDisposable {
  readonly name: ServerName
  readonly origin: Origin
  /** What a client connects to; the same after a restart. SQS: the endpoint, any credentials. */
  readonly url: string
  /** As `kill -9`, its helper processes included. Data and port stay reserved for `restart()`. */
  kill(): Promise<void>
  /** Kills it if it runs and starts it on the same data and port; resolves when it answers. */
  restart(): Promise<void>
  /** As SIGSTOP: sockets stay open, nothing answers. `restart()` ends a pause as well. */
  pause(): Promise<void>
  /** As SIGCONT. */
  resume(): Promise<void>
  /** The last lines of what the server wrote, across its restarts. */
  log(): Promise<string>
  /** Ends it for good and deletes its data. Twice is once. */
  stop(): Promise<void>
}

export interface ServerOptions {
  /**
   * Settings of the server in its own words, over ours: server.properties, rabbitmq.conf, redis.conf, `postgres -c`. With
   * any, the URL from the environment is passed over: a server that we don't own can't be configured.
   */
  readonly config?: Readonly<Record<string, string>>
  /** Passes over the URL from the environment: for a test that kills. */
  readonly own?: boolean
  /** How long a start may take until the server answers, installing apart. */
  readonly deadlineMs?: number
}
