import type { ServerName } from './server.ts'

/** What is particular to one kind of server; everything else is common. */
export interface Recipe {
  readonly name: ServerName
  /** The environment variable that may hold a URL. */
  readonly variable: string
  readonly deadlineMs: number
  url(port: number): string
  /** One question in the server's own protocol; rejects while the answer isn't a healthy server's. */
  ready(port: number, signal: AbortSignal): Promise<void>
  readonly native: NativeRecipe
  /** Left out where the native way needs nothing but `npm install`. */
  readonly container?: ContainerRecipe
}

export type Config = Readonly<Record<string, string>>

interface NativeRecipe {
  /** Puts the programs on this machine if they are missing, announced; rejects where it can't. */
  install(): Promise<void>
  /** How many free ports it takes; the first is the clients'. */
  readonly ports: number
  /** Writes configuration and empty data into a new folder. */
  prepare(place: Place): Promise<Programs>
}

export interface Place {
  readonly folder: string
  readonly ports: readonly [number, ...number[]]
  readonly config: Config
}

export interface Programs {
  readonly server: Program
  /** Lives from `start` to `stop`, through every kill between. */
  readonly companion?: Program
}

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly user?: User
}

export interface User {
  readonly uid: number
  readonly gid: number
}

export interface ContainerRecipe {
  readonly image: string
  /** The clients' port inside. */
  readonly port: number
  run(port: number, config: Config): ContainerRun
}

export interface ContainerRun {
  readonly env?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  /** Contents by path inside. */
  readonly files?: Readonly<Record<string, string>>
}
