import { sleep } from '@eventspine/core/transport'
import type { Broker } from './broker/broker.ts'
import type { CallFault, PublishFault } from './broker/fault-plan.ts'

/** What a test may let go wrong. The first part strikes the broker, so every transport of it; the second this transport. */
export interface Faults {
  /** The next messages that match are refused, or their outcome stays unknown. */
  failPublish(fault?: PublishFault): void
  /** The next publish calls wait, and what is published after them waits behind them. */
  delayPublish(options: { readonly delayMs: number; readonly times?: number }): void
  /** The next `settle` calls reject; the deliveries stay unsettled and with their member. */
  failSettle(fault?: CallFault): void
  /** The next `settle` calls that dead-letter something reject. */
  failDeadLetter(fault?: CallFault): void
  /** Disarms the faults above. */
  clear(): void
  /** Connections drop and what was held comes again; calls wait until it is back. Resolves then. */
  restart(options?: { readonly downMs?: number }): Promise<void>
  /** Deletes a group under its members; they make it anew. Its positions are gone, its dead letters stay. */
  revokeGroup(group: string): void

  /** The leases of this transport's members, or of those in `group`, are over at once; they stay members. */
  loseLeases(options?: { readonly group?: string }): void
  /** As `kill -9`: nothing is released, the leases run out. Iterators end, calls reject. `connect()` begins a new life. */
  crash(): void
  /** As SIGSTOP: no call gets an answer, no lease is renewed. */
  pause(): void
  resume(): void
  /** The connection is gone and made anew: what was held comes again. */
  reset(): void
  /** Nothing comes through until `heal`, or until the transport notices, as by a heartbeat, and connects anew. */
  blackHole(options?: { readonly noticedAfterMs?: number }): void
  /** This share of the answers to `publish` and `settle` is lost, each with its connection; the transport sends again. */
  dropAnswers(options: { readonly ratio: number; readonly seed?: number }): void
  /** Ends a black hole and the dropping of answers. */
  heal(): void
}

/** What a transport does when it is struck. */
export interface Struck {
  loseLeases(group: string | undefined): void
  crash(): void
  freeze(): void
  thaw(): void
  reset(): void
  dropAnswers(loses: () => boolean): void
}

export function createFaults(broker: Broker, struck: Struck): Faults {
  const plan = broker.faults
  const never = (): boolean => false
  return {
    failPublish: (fault = {}) => plan.failPublish(fault),
    delayPublish: ({ delayMs, times }) => plan.delayPublish(delayMs, times),
    failSettle: (fault = {}) => plan.failSettle(fault),
    failDeadLetter: (fault = {}) => plan.failDeadLetter(fault),
    clear: () => plan.clear(),
    async restart({ downMs = 0 } = {}) {
      broker.goDown()
      if (downMs > 0) await sleep(broker.clock, downMs)
      broker.comeBack()
    },
    revokeGroup: (group) => broker.revoke(group),
    loseLeases: ({ group } = {}) => struck.loseLeases(group),
    crash: () => struck.crash(),
    pause: () => struck.freeze(),
    resume: () => struck.thaw(),
    reset: () => struck.reset(),
    blackHole({ noticedAfterMs } = {}) {
      struck.freeze()
      if (noticedAfterMs === undefined) return
      broker.queue.at(broker.clock.now() + noticedAfterMs, () => {
        struck.reset()
        struck.thaw()
      })
    },
    dropAnswers({ ratio, seed = 1 }) {
      const random = seeded(seed)
      struck.dropAnswers(() => random() < ratio)
    },
    heal() {
      struck.thaw()
      struck.dropAnswers(never)
    },
  }
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
