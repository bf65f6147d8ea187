import type { Capabilities } from '../../transport/capabilities.ts'
import type { DeadLetter, DeadLetters } from '../../transport/dead-letters.ts'
import type { Outcome } from '../../transport/message.ts'
import type { Delivery, Settlement, Subscription } from '../../transport/subscription.ts'
import type { Transport } from '../../transport/transport.ts'
import type { Link } from './link.ts'
import { letterKey, toTransportError, type WireDelivery, type WireSettlement } from './protocol.ts'

/** The leases that the child has told of, as signals of this process. */
export interface Leases {
  signalOf(lease: WireDelivery['lease']): AbortSignal
  over(number: number): void
}

export function createLeases(): Leases {
  const controllers = new Map<number, AbortController>()
  return {
    signalOf({ number, over }) {
      const controller = controllers.get(number) ?? new AbortController()
      controllers.set(number, controller)
      if (over) controller.abort()
      return controller.signal
    },
    over: (number) => controllers.get(number)?.abort(),
  }
}

export interface RemoteOptions {
  readonly link: Link
  readonly leases: Leases
  readonly name: string
  /** A transport of the same adapter in this process, never connected: `plan` answers at once. */
  readonly local: Transport
}

/** A `Transport` whose every call is carried out by the member's process. */
export function createRemoteTransport({ link, leases, name, local }: RemoteOptions): Transport {
  return {
    name,
    connect: (signal): Promise<Capabilities> => link.call('connect', [], signal),
    topology: {
      ensure: (topology) => link.call('ensure', [topology]),
      verify: (topology) => link.call('verify', [topology]),
      plan: (topology) => local.topology.plan(topology),
    },
    async publish(messages, options) {
      const outcomes = await link.call('publish', [messages], options?.signal)
      return outcomes.map((outcome): Outcome => {
        if (outcome.accepted === true) return outcome
        return { accepted: outcome.accepted, error: toTransportError(outcome.error.code, outcome.error.message) }
      })
    },
    async subscribe({ signal, ...options }) {
      const number = await link.call('subscribe', [options], signal)
      return createRemoteSubscription(link, leases, number)
    },
    deadLetters: (group) => createRemoteDeadLetters(link, group),
    probe: () => link.call('probe', []),
    close: () => link.call('close', []),
  }
}

function createRemoteSubscription(link: Link, leases: Leases, number: number): Subscription {
  const numbers = new WeakMap<Delivery, number>()
  const fromWire = ({ number: delivery, lease, ...rest }: WireDelivery): Delivery => {
    const received: Delivery = { ...rest, lease: leases.signalOf(lease) }
    numbers.set(received, delivery)
    return received
  }
  const numberOf = (delivery: Delivery): number => {
    const found = numbers.get(delivery)
    if (found === undefined) throw new Error('This delivery is not of this subscription')
    return found
  }
  const toWire = (settlement: Settlement): WireSettlement => ({
    ...settlement,
    delivery: numberOf(settlement.delivery),
  })

  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const batch = await link.call('next', [number]).catch((error: unknown) => {
          if (link.gone) return undefined
          throw error
        })
        if (batch === undefined) return
        yield batch.map(fromWire)
      }
    },
    settle: async (settlements) => link.call('settle', [number, settlements.map(toWire)]),
    note: (delivery, attempt) => void link.call('note', [number, numberOf(delivery), attempt]).catch(() => {}),
    stop: () => link.call('stop', [number]),
    close: () => link.call('closeSubscription', [number]),
  }
}

/** `match` is a function and stays here: letters come over to be looked at, and the chosen ones go back by name. */
function createRemoteDeadLetters(link: Link, group: string): DeadLetters {
  async function* browse({ limit = Number.POSITIVE_INFINITY, match }: Parameters<DeadLetters['browse']>[0] = {}) {
    const all = match !== undefined || !Number.isFinite(limit)
    const look = await link.call('browse', [group, all ? undefined : limit])
    let found = 0
    try {
      for (let page = await link.call('nextLetters', [look]); page; page = await link.call('nextLetters', [look])) {
        for (const letter of page) {
          if (found >= limit) return
          if (match !== undefined && !match(letter)) continue
          found += 1
          yield letter
        }
      }
    } finally {
      await link.call('endBrowse', [look])
    }
  }
  const keysOf = async (match: (letter: DeadLetter) => boolean): Promise<string[]> => {
    const keys: string[] = []
    for await (const letter of browse({ match })) keys.push(letterKey(letter))
    return keys
  }
  return {
    browse,
    count: () => link.call('countLetters', [group]),
    replay: async (match) => link.call('replay', [group, await keysOf(match)]),
    discard: async (match) => link.call('discard', [group, await keysOf(match)]),
    purge: () => link.call('purge', [group]),
  }
}
