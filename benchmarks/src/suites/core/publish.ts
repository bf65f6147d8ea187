import { type Bus, createBus, draft } from '@eventspine/core'
import { memoryTransport } from '@eventspine/memory'
import { type Case, defineCase, type Subject } from '../../harness/case.ts'
import { concurrently, perSecond } from '../../harness/work.ts'
import { connectByHand } from './by-hand.ts'
import { encodeOrder } from './codec.ts'
import { OrderCreated, orderAt, source } from './orders.ts'

const batchSize = 1_000

/** The transport driven by hand: events validated and encoded, and handed over `size` at a time. */
function byHand(size: number): Subject {
  return async ({ events }) => {
    const transport = memoryTransport()
    await connectByHand(transport, [])
    return {
      round: () =>
        perSecond(events, async () => {
          for (let at = 0; at < events; at += size) {
            const length = Math.min(size, events - at)
            await transport.publish(Array.from({ length }, (_, i) => encodeOrder(at + i)))
          }
        }),
      close: () => transport.close(),
    }
  }
}

type Publishing = (bus: Bus, events: number) => Promise<void>

function byBus(publishing: Publishing): Subject {
  return async ({ events }) => {
    const bus = await createBus({ source, transport: 'memory:', events: [OrderCreated] })
    await bus.start()
    return { round: () => perSecond(events, () => publishing(bus, events)), close: () => bus.stop() }
  }
}

const suite = 'core'
const unit = 'events/s'

/** Publishing alone, on a topic that no group reads. */
export const publishCases: readonly Case[] = [
  defineCase({
    suite,
    case: 'publish-lone',
    unit,
    events: 20_000,
    subjects: {
      raw: byHand(1),
      eventspine: byBus(async (bus, events) => {
        for (let i = 0; i < events; i++) await bus.publish(OrderCreated, orderAt(i))
      }),
    },
  }),
  defineCase({
    suite,
    case: 'publish-concurrent',
    unit,
    events: 50_000,
    subjects: {
      raw: byHand(batchSize),
      eventspine: byBus((bus, events) => concurrently(batchSize, events, (i) => bus.publish(OrderCreated, orderAt(i)))),
    },
  }),
  defineCase({
    suite,
    case: 'publish-batch',
    unit,
    events: 50_000,
    subjects: {
      raw: byHand(batchSize),
      eventspine: byBus(async (bus, events) => {
        for (let at = 0; at < events; at += batchSize) {
          const length = Math.min(batchSize, events - at)
          await bus.publishAll(Array.from({ length }, (_, i) => draft(OrderCreated, orderAt(at + i))))
        }
      }),
    },
  }),
]
