import type { DeadLetter } from '../../transport/dead-letters.ts'
import type { Delivery, Settlement, Subscription } from '../../transport/subscription.ts'
import type { Transport } from '../../transport/transport.ts'
import {
  type Command,
  letterKey,
  type MemberCalls,
  type Notice,
  toWireError,
  type WireDelivery,
  type WireOutcome,
  type WireSettlement,
} from './protocol.ts'

type Handlers = {
  [Name in keyof MemberCalls]: (
    signal: AbortSignal,
    ...args: Parameters<MemberCalls[Name]>
  ) => Promise<ReturnType<MemberCalls[Name]>> | ReturnType<MemberCalls[Name]>
}

/** The child's side: carries out calls on the adapter and keeps what can't travel (iterators, signals, deliveries). */
export function serveMember(transport: Transport, send: (notice: Notice) => void): (command: Command) => void {
  const handlers = createHandlers(transport, send)
  const aborts = new Map<number, AbortController>()
  return (command) => {
    if (command.kind === 'abort') return aborts.get(command.call)?.abort()
    if (command.kind !== 'call') return
    const { call, name, args } = command
    const abort = new AbortController()
    aborts.set(call, abort)
    const handler = handlers[name] as (signal: AbortSignal, ...args: readonly unknown[]) => unknown
    // A subscription's signal outlives the call that made it.
    const done = (): void => void (name === 'subscribe' || aborts.delete(call))
    Promise.resolve()
      .then(() => handler(abort.signal, ...args))
      .then(
        (value) => send({ kind: 'result', call, value }),
        (error: unknown) => send({ kind: 'failure', call, error: toWireError(error) }),
      )
      .finally(done)
  }
}

/** Settled deliveries are kept this long, for a second settlement of the same. */
const remembered = 10_000
const lettersPerMessage = 100

function createHandlers(transport: Transport, send: (notice: Notice) => void): Handlers {
  const subscriptions = createTable<{ subscription: Subscription; batches: AsyncIterator<readonly Delivery[]> }>()
  const looks = createTable<AsyncIterator<DeadLetter>>()
  const deliveries = createTable<Delivery>()
  const settled = new Set<number>()
  const numberOfLease = leaseNumbers(send)

  const toWire = (delivery: Delivery): WireDelivery => {
    const { lease, ...rest } = delivery
    return { ...rest, number: deliveries.add(delivery), lease: { number: numberOfLease(lease), over: lease.aborted } }
  }
  const fromWire = ({ delivery, ...rest }: WireSettlement): Settlement =>
    ({ ...rest, delivery: deliveries.get(delivery) }) as Settlement
  const forget = (number: number): void => {
    settled.add(number)
    const [oldest] = settled
    if (settled.size <= remembered || oldest === undefined) return
    settled.delete(oldest)
    deliveries.delete(oldest)
  }
  const replayOrDiscard =
    (how: 'replay' | 'discard') => (_: AbortSignal, group: string, letters: readonly string[]) => {
      const wanted = new Set(letters)
      return transport.deadLetters(group)[how]((letter) => wanted.has(letterKey(letter)))
    }

  return {
    connect: (signal) => transport.connect(signal),
    ensure: (_, topology) => transport.topology.ensure(topology),
    verify: (_, topology) => transport.topology.verify(topology),
    publish: async (signal, messages) => {
      const outcomes = await transport.publish(messages, { signal })
      return outcomes.map(
        (outcome): WireOutcome =>
          outcome.accepted === true ? outcome : { accepted: outcome.accepted, error: toWireError(outcome.error) },
      )
    },
    subscribe: async (signal, options) => {
      const subscription = await transport.subscribe({ ...options, signal })
      return subscriptions.add({ subscription, batches: subscription[Symbol.asyncIterator]() })
    },
    next: async (_, number) => {
      const { done, value } = await subscriptions.get(number).batches.next()
      return done ? undefined : value.map(toWire)
    },
    settle: async (_, number, settlements) => {
      const results = await subscriptions.get(number).subscription.settle(settlements.map(fromWire))
      for (const { delivery } of settlements) forget(delivery)
      return results
    },
    note: (_, number, delivery, attempt) =>
      subscriptions.get(number).subscription.note?.(deliveries.get(delivery), attempt),
    stop: (_, number) => subscriptions.get(number).subscription.stop(),
    closeSubscription: (_, number) => subscriptions.get(number).subscription.close(),
    countLetters: (_, group) => transport.deadLetters(group).count(),
    browse: (_, group, limit) => {
      const letters = transport.deadLetters(group).browse(limit === undefined ? {} : { limit })
      return looks.add(letters[Symbol.asyncIterator]())
    },
    nextLetters: (_, look) => take(looks.get(look), lettersPerMessage),
    endBrowse: async (_, look) => {
      await looks.get(look).return?.()
      looks.delete(look)
    },
    replay: replayOrDiscard('replay'),
    discard: replayOrDiscard('discard'),
    purge: (_, group) => transport.deadLetters(group).purge(),
    probe: () => transport.probe(),
    close: () => transport.close(),
    memoryBytes: () => {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    },
  }
}

/** Things that stay in this process, by number. */
function createTable<Item>(): {
  add: (item: Item) => number
  get: (number: number) => Item
  delete: (number: number) => void
} {
  const items = new Map<number, Item>()
  let last = 0
  return {
    add: (item) => {
      last += 1
      items.set(last, item)
      return last
    },
    get: (number) => {
      const item = items.get(number)
      if (item === undefined) throw new Error(`nothing has the number ${number} in this member any more`)
      return item
    },
    delete: (number) => void items.delete(number),
  }
}

/** One number for each signal; its end is told once. */
function leaseNumbers(send: (notice: Notice) => void): (lease: AbortSignal) => number {
  const numbers = new WeakMap<AbortSignal, number>()
  let last = 0
  return (lease) => {
    const known = numbers.get(lease)
    if (known !== undefined) return known
    last += 1
    const number = last
    numbers.set(lease, number)
    lease.addEventListener('abort', () => send({ kind: 'lease-over', lease: number }), { once: true })
    return number
  }
}

async function take<Item>(iterator: AsyncIterator<Item>, most: number): Promise<Item[] | undefined> {
  const items: Item[] = []
  while (items.length < most) {
    const { done, value } = await iterator.next()
    if (done) break
    items.push(value)
  }
  return items.length === 0 ? undefined : items
}
