import { type ConsumerOptions, createBus, handle } from '@eventspine/core'
import type { ConsumerRunConfig } from 'kafkajs'
import type { Subject } from '../../harness/case.ts'
import { Countdown } from '../../harness/work.ts'
import { ordersOn, source } from '../core/orders.ts'
import { fill, kafkajsClient } from './by-kafkajs.ts'
import { freshName, kafkaUrl } from './server.ts'

export type Orders = ReturnType<typeof ordersOn>
export type OnEvent = () => void

/** Starts a member of a new group at the oldest event; returns what stops it. */
export type Serve = (orders: Orders, onEvent: OnEvent) => Promise<() => Promise<void>>

/** A topic of `events` orders that nobody has read. */
export async function makeBacklog(events: number): Promise<Orders> {
  const orders = ordersOn(freshName('backlog'))
  const bus = await createBus({ source, transport: await kafkaUrl(), events: [orders] })
  await bus.start()
  await bus.stop()
  await fill(orders.topic, events)
  return orders
}

/** From the first event handled to the last: joining a group is the broker's time. The subjects of a case read one topic. */
export function draining(serves: Readonly<Record<string, Serve>>): Record<string, Subject> {
  let backlog: Promise<Orders> | undefined
  const subjects = Object.entries(serves).map(([name, serve]): [string, Subject] => [
    name,
    async ({ events }) => {
      backlog ??= makeBacklog(events)
      const orders = await backlog
      return { round: () => drain(orders, events, serve) }
    },
  ])
  return Object.fromEntries(subjects)
}

async function drain(orders: Orders, events: number, serve: Serve): Promise<number> {
  const countdown = new Countdown()
  const allHandled = countdown.from(events)
  let startedAt: number | undefined
  const stop = await serve(orders, () => {
    startedAt ??= performance.now()
    countdown.tick()
  })
  await allHandled
  const seconds = (performance.now() - (startedAt ?? Number.NaN)) / 1_000
  await stop()
  return events / seconds
}

/** A member with default options but for those given; `handler` calls `onEvent` when it is done. */
export function byBus(
  handler: (onEvent: OnEvent) => void | Promise<void>,
  options: Pick<ConsumerOptions, 'prefetch'> = {},
): Serve {
  return async (orders, onEvent) => {
    const bus = await createBus({ source, transport: await kafkaUrl() })
    const on = [handle(orders, () => handler(onEvent))]
    bus.subscribe({ ...options, group: freshName('group'), on, startAt: 'earliest' })
    await bus.start()
    return () => bus.stop()
  }
}

export function byKafkajs(run: (onEvent: OnEvent) => ConsumerRunConfig): Serve {
  return async ({ topic }, onEvent) => {
    const consumer = (await kafkajsClient()).consumer({ groupId: freshName('group') })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run(run(onEvent))
    return () => consumer.disconnect()
  }
}
