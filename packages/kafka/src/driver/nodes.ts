import { type Address, type ConnectionOptions, Connections } from './connections.ts'
import { connectionLost, DriverError, notAllowed, notConnected } from './driver.ts'

interface Node {
  readonly address: Address
  /** Made when first asked for, and anew after a failure. */
  connected: Promise<Connections> | undefined
}

/** Which brokers there are, and a connection to each that is asked something. */
export class Nodes {
  readonly #seeds: readonly Address[]
  readonly #options: ConnectionOptions
  readonly #nodes = new Map<number, Node>()
  #seed: Promise<Connections> | undefined
  #nextSeed = 0
  #controller: number | undefined
  #closed = false

  constructor(seeds: readonly Address[], options: ConnectionOptions) {
    this.#seeds = seeds
    this.#options = options
  }

  learn(told: {
    readonly brokers: readonly (Address & { readonly nodeId: number })[]
    readonly controllerId?: number
  }): void {
    for (const { nodeId, host, port } of told.brokers) {
      const known = this.#nodes.get(nodeId)
      if (known?.address.host === host && known.address.port === port) continue
      this.drop(nodeId)
      this.#nodes.set(nodeId, { address: { host, port }, connected: undefined })
    }
    if (told.controllerId !== undefined) this.#controller = told.controllerId
  }

  async controller(): Promise<number> {
    const known = this.#controller
    if (known !== undefined && this.#nodes.has(known)) return known
    const data = await this.any('Metadata', { topics: [], allowAutoTopicCreation: false })
    this.learn(data as unknown as Parameters<Nodes['learn']>[0])
    return this.#controller ?? -1
  }

  async send(node: number, api: string, args: unknown, extraMs?: number): Promise<Record<string, unknown>> {
    const known = this.#nodes.get(node)
    if (known === undefined) throw new DriverError(notConnected, `No broker ${node} is known`)
    known.connected ??= this.#connect(known.address)
    const { connected } = known
    try {
      return await (await connected).send(api, args, extraMs)
    } catch (error) {
      if (isOver(error) && known.connected === connected) known.connected = undefined
      throw error
    }
  }

  /** To whichever broker answers first in turn: those that are known, then the seeds. */
  async any(api: string, args: unknown): Promise<Record<string, unknown>> {
    let last: unknown
    for (const node of this.#nodes.keys()) {
      try {
        return await this.send(node, api, args)
      } catch (error) {
        if (!isOver(error)) throw error
        last = error
      }
    }
    for (let tries = 0; tries < this.#seeds.length; tries++) {
      try {
        return await this.#sendToSeed(api, args)
      } catch (error) {
        if (error instanceof DriverError && error.type === notAllowed) throw error
        last = error
      }
    }
    throw last ?? new DriverError(notConnected, 'No broker is known')
  }

  async #sendToSeed(api: string, args: unknown): Promise<Record<string, unknown>> {
    const address = this.#seeds[this.#nextSeed % this.#seeds.length] as Address
    this.#seed ??= this.#connect(address)
    const seed = this.#seed
    try {
      return await (await seed).send(api, args)
    } catch (error) {
      if (this.#seed === seed) {
        this.#seed = undefined
        this.#nextSeed++
      }
      throw error
    }
  }

  drop(node: number): void {
    const known = this.#nodes.get(node)
    if (known?.connected === undefined) return
    known.connected.then(
      (connections) => connections.destroy(),
      () => {},
    )
    known.connected = undefined
  }

  close(): void {
    this.#closed = true
    for (const node of this.#nodes.keys()) this.drop(node)
    this.#seed?.then(
      (connections) => connections.destroy(),
      () => {},
    )
    this.#seed = undefined
  }

  async #connect(address: Address): Promise<Connections> {
    if (this.#closed) throw new DriverError(notConnected, 'The client is closed')
    const connections = new Connections(address, this.#options)
    await connections.connect()
    if (!this.#closed) return connections
    connections.destroy()
    throw new DriverError(notConnected, 'The client is closed')
  }
}

const isOver = (error: unknown): boolean =>
  error instanceof DriverError && [connectionLost, notConnected, notAllowed].includes(error.type)
