import { sleep, systemClock } from '@eventspine/core/transport'
import type { Cluster, Fetched, FetchPlace } from '../driver/driver.ts'
import { typeOf } from '../driver/driver.ts'
import { isTransient } from '../errors.ts'
import { keyOf } from './assigner.ts'
import type { Claim } from './claim.ts'

export interface FetcherHost {
  readonly cluster: Cluster
  claims(): Iterable<Claim>
  /** Whether the claim wants more now. */
  wants(claim: Claim): boolean
  /** Whether some claim is left out on purpose: then a fetch must not wait long, for it may come back any moment. */
  leavesOut(): boolean
  /** How many bytes one fetch should bring. */
  room(): number
  arrived(claim: Claim, fetched: Fetched): void
  outOfRange(claim: Claim): Promise<void>
  /** Leaders have moved, or a topic is gone. */
  stale(): Promise<void>
  trouble(error: unknown): void
  well(): void
  failed(error: unknown): void
}

const patientMs = 500
const briefMs = 25
const leastBytes = 16_384
const mostBytes = 1_048_576

/** One loop per broker that leads a claimed partition: a fetch at a time, of all that want more. */
export class Fetcher {
  readonly #host: FetcherHost
  readonly #loops = new Map<number, Promise<void>>()
  readonly #stop = new AbortController()
  #wakes: (() => void)[] = []

  constructor(host: FetcherHost) {
    this.#host = host
  }

  /** Claims came, went, or want more. */
  wake(): void {
    const wakes = this.#wakes
    this.#wakes = []
    for (const wake of wakes) wake()
    if (this.#stop.signal.aborted) return
    for (const { leader } of this.#host.claims()) {
      if (leader < 0 || this.#loops.has(leader)) continue
      this.#loops.set(
        leader,
        this.#loop(leader).finally(() => this.#loops.delete(leader)),
      )
    }
  }

  stop(): void {
    this.#stop.abort()
    this.wake()
  }

  async #loop(node: number): Promise<void> {
    const { signal } = this.#stop
    for (let failures = 0; !signal.aborted; ) {
      const led = [...this.#host.claims()].filter(({ leader }) => leader === node)
      if (led.length === 0) return
      const wanted = led.filter((claim) => this.#host.wants(claim))
      if (wanted.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wakes.push(resolve)
        })
        continue
      }
      try {
        await this.#fetch(node, wanted)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (!isTransient(typeOf(error))) return this.#host.failed(error)
        this.#host.trouble(error)
        failures++
        await sleep(systemClock, Math.min(25 * 2 ** failures, 1_000), signal)
        await this.#host.stale().catch(() => {})
      }
    }
  }

  async #fetch(node: number, claims: readonly Claim[]): Promise<void> {
    const room = this.#host.room()
    const maxBytes = Math.min(mostBytes, Math.max(leastBytes, Math.floor(room / claims.length)))
    const asked = new Map(claims.map((claim) => [claim.name, { claim, offset: claim.position }]))
    const places = claims.map(({ place, position }): FetchPlace => ({ ...place, offset: position, maxBytes }))
    // In turn, or the first would get everything when the answer is full.
    places.unshift(...places.splice(Math.floor(Math.random() * places.length)))
    const maxWaitMs = this.#host.leavesOut() ? briefMs : patientMs
    const answers = await this.#host.cluster.fetch(node, { places, maxWaitMs, maxBytes: Math.max(room, leastBytes) })
    if (this.#stop.signal.aborted) return
    this.#host.well()
    let isStale = false
    for (const fetched of answers) {
      const { claim, offset } = asked.get(keyOf(fetched)) ?? {}
      // Given up meanwhile, or moved back: what comes now is not what it wants.
      if (claim === undefined || claim.over || claim.revoking || claim.position !== offset) continue
      if (fetched.error === undefined) this.#host.arrived(claim, fetched)
      else if (fetched.error === 'OFFSET_OUT_OF_RANGE') await this.#host.outOfRange(claim)
      else isStale = true
    }
    if (!isStale) return
    await sleep(systemClock, 50, this.#stop.signal)
    await this.#host.stale()
  }
}
