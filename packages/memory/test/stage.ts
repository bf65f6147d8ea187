import {
  type Delivery,
  type Failure,
  type GroupSpec,
  type Message,
  partitionOf,
  type Settlement,
  type Subscription,
} from '@eventspine/core/transport'
import { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from '../src/index.ts'

export const message = (id: string, over: Partial<Message> = {}): Message => ({
  topic: 'orders',
  id,
  source: 'https://shop.example/orders',
  headers: new Map([['ce_type', 'order.created']]),
  body: new TextEncoder().encode(`body of ${id}`),
  ...over,
})

/** Messages `0`, `1`, … of one key. */
export const ofKey = (key: string, count: number): Message[] =>
  Array.from({ length: count }, (_, i) => message(`${key}${i}`, { key }))

export const failure: Failure = {
  code: 'handler-failed',
  name: 'Error',
  message: 'no such card',
  attempts: 1,
  group: 'billing',
  topic: 'orders',
  at: 1_790_000_000_000,
}

/** One key of each of the four partitions of `orders`. */
export const fourKeys: readonly string[] = [0, 1, 2, 3].map((partition) => {
  let key = 0
  while (partitionOf(`k${key}`, 4) !== partition) key++
  return `k${key}`
})

/** A connected transport with an ordered topic `orders` of 4 partitions and an unordered topic `clicks`. */
export async function opened(options: MemoryTransportOptions = {}): Promise<MemoryTransport> {
  const transport = memoryTransport(options)
  await transport.connect()
  await transport.topology.ensure({
    topics: [
      { name: 'orders', ordered: true, partitions: 4 },
      { name: 'clicks', ordered: false },
    ],
    groups: [],
  })
  return transport
}

export interface Reader {
  readonly subscription: Subscription
  /** What comes with the next pull. */
  next(): Promise<readonly Delivery[]>
  /** Pulls until so many have come, one batch after the other. */
  take(count: number): Promise<Delivery[]>
  settle(as: 'ack' | 'release', deliveries: readonly Delivery[]): Promise<readonly string[]>
  /** True when nothing comes for some turns of the event loop. The pull that asks stays and gives to the next one. */
  silent(): Promise<boolean>
}

export interface ReaderOptions extends Partial<GroupSpec> {
  readonly prefetch?: number
  readonly prefetchBytes?: number
  readonly leaseMs?: number
  readonly signal?: AbortSignal
}

/** A member of the ordered group `billing` of topic `orders`, unless told otherwise. */
export async function reader(transport: MemoryTransport, options: ReaderOptions = {}): Promise<Reader> {
  const { prefetch = 100, prefetchBytes = 1_000_000, leaseMs = 1_000, signal, ...spec } = options
  const group: GroupSpec = { name: 'billing', topics: ['orders'], ordered: true, startAt: 'available', ...spec }
  const subscription = await transport.subscribe({
    group,
    prefetch,
    prefetchBytes,
    leaseMs,
    ...(signal !== undefined && { signal }),
  })
  const iterator = subscription[Symbol.asyncIterator]()
  let asked: Promise<IteratorResult<readonly Delivery[]>> | undefined
  const pull = (): Promise<IteratorResult<readonly Delivery[]>> => {
    asked ??= iterator.next()
    return asked
  }
  const next = async (): Promise<readonly Delivery[]> => {
    const { value } = await pull()
    asked = undefined
    return value ?? []
  }
  return {
    subscription,
    next,
    async take(count) {
      const taken: Delivery[] = []
      while (taken.length < count) taken.push(...(await next()))
      return taken
    },
    settle: (as, deliveries) => subscription.settle(deliveries.map((delivery): Settlement => ({ delivery, as }))),
    silent: () =>
      Promise.race([pull().then(() => false), new Promise<boolean>((done) => setTimeout(() => done(true), 5))]),
  }
}

export const ids = (deliveries: readonly { readonly message: Message }[]): string[] =>
  deliveries.map((delivery) => delivery.message.id)
