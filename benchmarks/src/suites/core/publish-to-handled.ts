import { EventEmitter } from 'node:events'
import { createBus, handle } from '@eventspine/core'
import { defineCase, type Subject } from '../../harness/case.ts'
import { Countdown, concurrently, perSecond } from '../../harness/work.ts'
import { decodeOrder, encodeOrder } from './codec.ts'
import { OrderCreated, orderAt, source } from './orders.ts'

/** Callers that publish at once; each waits for its event to be accepted before it publishes the next. */
const callers = 1_000

/** What nobody gets around: each event validated, encoded, decoded, validated again and handed to a function. */
const raw: Subject = ({ events }) => {
  const countdown = new Countdown()
  const handler = (_event: unknown): void => countdown.tick()
  return {
    round: () =>
      perSecond(events, () => {
        void countdown.from(events)
        for (let i = 0; i < events; i++) handler(decodeOrder(encodeOrder(i)))
      }),
  }
}

const eventspine: Subject = async ({ events }) => {
  const countdown = new Countdown()
  const bus = await createBus({ source, transport: 'memory:' })
  bus.subscribe({ group: 'billing', on: [handle(OrderCreated, () => countdown.tick())] })
  await bus.start()
  return {
    round: () =>
      perSecond(events, async () => {
        const allHandled = countdown.from(events)
        await concurrently(callers, events, (i) => bus.publish(OrderCreated, orderAt(i)))
        await allHandled
      }),
    close: () => bus.stop(),
  }
}

/** A call, and no more: nothing validated, nothing copied, nothing kept. */
const emitter: Subject = ({ events }) => {
  const countdown = new Countdown()
  const target = new EventEmitter().on('order.created', () => countdown.tick())
  return {
    round: () =>
      perSecond(events, () => {
        void countdown.from(events)
        for (let i = 0; i < events; i++) target.emit('order.created', orderAt(i))
      }),
  }
}

export const publishToHandled = defineCase({
  suite: 'core',
  case: 'publish-to-handled',
  unit: 'events/s',
  // Long rounds: after a full collection the young heap is small, and has to grow before it costs what it costs in service.
  events: 100_000,
  bar: { of: 'ratio', atLeast: 0.6 },
  subjects: { raw, eventspine, EventEmitter: emitter },
})
