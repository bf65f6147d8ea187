import { createBus, handle } from '@eventspine/core'
import { memoryTransport } from '@eventspine/memory'
import { defineCase, type Subject } from '../../harness/case.ts'
import { quantile } from '../../harness/statistics.ts'
import { Countdown } from '../../harness/work.ts'
import { billing, connectByHand, consumeByHand, subscribeByHand } from './by-hand.ts'
import { encodeOrder } from './codec.ts'
import { OrderCreated, orderAt, source } from './orders.ts'

/** The slowest in a hundred of `events` lone round trips, in microseconds. */
async function p99(events: number, handled: Countdown, publish: (index: number) => Promise<unknown>): Promise<number> {
  const micros: number[] = []
  for (let i = 0; i < events; i++) {
    const arrival = handled.from(1)
    const startedAt = performance.now()
    await Promise.all([publish(i), arrival])
    micros.push((performance.now() - startedAt) * 1_000)
  }
  return quantile(micros, 0.99)
}

const raw: Subject = async ({ events }) => {
  const handled = new Countdown()
  const transport = memoryTransport()
  await connectByHand(transport, [billing])
  const ended = consumeByHand(await subscribeByHand(transport), () => handled.tick())
  return {
    round: () => p99(events, handled, (i) => transport.publish([encodeOrder(i)])),
    close: async () => {
      await transport.close()
      await ended
    },
  }
}

const eventspine: Subject = async ({ events }) => {
  const handled = new Countdown()
  const bus = await createBus({ source, transport: 'memory:' })
  bus.subscribe({ group: billing.name, on: [handle(OrderCreated, () => handled.tick())] })
  await bus.start()
  return {
    round: () => p99(events, handled, (i) => bus.publish(OrderCreated, orderAt(i))),
    close: () => bus.stop(),
  }
}

/** A lone publish to its event handled, nothing else going on. */
export const latency = defineCase({
  suite: 'core',
  case: 'latency-p99',
  unit: 'µs',
  events: 5_000,
  subjects: { raw, eventspine },
})
