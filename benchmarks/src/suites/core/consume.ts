import { createBus, handle } from '@eventspine/core'
import type { Transport } from '@eventspine/core/transport'
import { createMemoryBroker, memoryTransport } from '@eventspine/memory'
import { defineCase, type Subject } from '../../harness/case.ts'
import { Countdown, perSecond } from '../../harness/work.ts'
import { billing, connectByHand, consumeByHand, subscribeByHand } from './by-hand.ts'
import { encodeOrder } from './codec.ts'
import { OrderCreated, source } from './orders.ts'

const backlogBatch = 1_000

/** Publishes for a group that nobody serves yet. */
async function fill(transport: Transport, events: number): Promise<void> {
  for (let at = 0; at < events; at += backlogBatch) {
    const length = Math.min(backlogBatch, events - at)
    await transport.publish(Array.from({ length }, (_, i) => encodeOrder(at + i)))
  }
}

/** From the start of a member to the last event of the backlog handled; `serve` returns what stops it. */
function draining(serve: (transport: Transport, onEvent: () => void) => Promise<() => Promise<void>>): Subject {
  return async ({ events }) => {
    const broker = createMemoryBroker()
    const publisher = memoryTransport({ broker })
    await connectByHand(publisher, [billing])
    return {
      round: async () => {
        await fill(publisher, events)
        const countdown = new Countdown()
        let stop = async (): Promise<void> => {}
        const figure = await perSecond(events, async () => {
          const allHandled = countdown.from(events)
          stop = await serve(memoryTransport({ broker }), () => countdown.tick())
          await allHandled
        })
        await stop()
        return figure
      },
      close: () => publisher.close(),
    }
  }
}

const raw = draining(async (transport, onEvent) => {
  await transport.connect()
  const subscription = await subscribeByHand(transport)
  const ended = consumeByHand(subscription, onEvent)
  return async () => {
    await subscription.stop()
    await ended
    await transport.close()
  }
})

const eventspine = draining(async (transport, onEvent) => {
  const bus = await createBus({ source, transport })
  bus.subscribe({ group: billing.name, on: [handle(OrderCreated, onEvent)] })
  await bus.start()
  return () => bus.stop()
})

export const consume = defineCase({
  suite: 'core',
  case: 'consume',
  unit: 'events/s',
  events: 50_000,
  subjects: { raw, eventspine },
})
