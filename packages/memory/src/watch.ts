import { type Message, systemClock } from '@eventspine/core/transport'
import type { Broker } from './broker/broker.ts'
import type { Stored } from './broker/stored.ts'
import { WaitTimeoutError } from './errors.ts'
import { ledgerOf, publishedMessages } from './ledger.ts'
import { Arena, toMessage } from './mapper.ts'
import { describeGroup, describeMessages, describeOpen, typeOf } from './watch-report.ts'

/** A definition, or the type alone. */
export type Watched = string | { readonly type: string }

export interface WaitOptions {
  /** Real time, also under a virtual clock. Default 2,000. */
  readonly timeoutMs?: number
  /** Shows bodies in the failure message too. They may hold what must not be logged. */
  readonly showBodies?: boolean
}

export interface ConsumedOptions extends WaitOptions {
  readonly group: string
  readonly match?: (message: Message) => boolean
}

/**
 * Waits for what the broker has seen or will see, as far back as it keeps messages. Rejects with `wait-timeout`, which lists
 * what did arrive.
 */
export interface Watch {
  /** An event of this type was accepted by the broker. Resolves to the first that matches. */
  published(event: Watched, match?: (message: Message) => boolean, options?: WaitOptions): Promise<Message>
  /** One was acked by the group. */
  consumed(event: Watched, options: ConsumedOptions): Promise<Message>
  /** Nothing is undelivered, unsettled or delayed, in any group; dead letters are settled. */
  settled(options?: WaitOptions): Promise<void>
}

export function createWatch(broker: Broker): Watch {
  const arena = new Arena()
  const find = (from: readonly Stored[], type: string, match?: (message: Message) => boolean): Message | undefined => {
    for (const stored of from) {
      if (typeOf(stored) !== type) continue
      const message = toMessage(stored, arena)
      if (match?.(message) ?? true) return message
    }
    return undefined
  }
  return {
    published(event, match, options = {}) {
      const type = typeName(event)
      return waitFor(broker, `${type} to be published`, options, {
        look: () => find(publishedMessages(broker), type, match),
        report: () => `Published were ${describeMessages(publishedMessages(broker), options)}`,
      })
    },
    consumed(event, { group, match, ...options }) {
      const type = typeName(event)
      return waitFor(broker, `${type} to be acked by group ${group}`, options, {
        look: () => find(ledgerOf(broker, group)?.acked ?? [], type, match),
        report: () => describeGroup(broker, group, options),
      })
    },
    async settled(options = {}) {
      await waitFor(broker, 'everything to be settled', options, {
        look: () => (describeOpen(broker) === undefined ? true : undefined),
        report: () => describeOpen(broker) ?? '',
      })
    },
  }
}

const typeName = (event: Watched): string => (typeof event === 'string' ? event : event.type)

interface Wait<Found> {
  look(): Found | undefined
  report(): string
}

/** Looks now, and again at most once a turn after something has changed. */
function waitFor<Found>(
  broker: Broker,
  what: string,
  { timeoutMs = 2_000 }: WaitOptions,
  wait: Wait<Found>,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    let looking = false
    const look = (): void => {
      looking = false
      try {
        const found = wait.look()
        if (found === undefined) return
        end()
        resolve(found)
      } catch (error) {
        end()
        reject(error)
      }
    }
    const changed = (): void => {
      if (looking) return
      looking = true
      systemClock.after(0, look)
    }
    const deadline = systemClock.after(timeoutMs, () => {
      look()
      end()
      reject(new WaitTimeoutError(`Waited ${timeoutMs} ms for ${what}. ${wait.report()}`))
    })
    const end = (): void => {
      deadline.cancel()
      broker.watchers.delete(changed)
    }
    broker.watchers.add(changed)
    look()
  })
}
