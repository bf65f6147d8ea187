import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { DeadLetter, Delivery, Settlement, Subscription, Transport } from '@eventspine/core/transport'
import { type MemoryBroker, memoryTransport } from '@eventspine/memory'
import { onFrame, sendFrame } from './frames.ts'
import type { Answer, Call, CallName, Calls, WireSettlement } from './protocol.ts'

/** A broker in memory for other processes, until a real one is wanted. Resolves to the path that they connect to. */
export async function serveBroker(
  broker: MemoryBroker,
  folder: string,
): Promise<{ path: string; close: () => Promise<void> }> {
  const path = join(folder, 'broker.socket')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, memoryTransport({ broker }))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { path, close }
}

/** One member. When its connection breaks, because it has ended or was killed, others get what it held. */
function serve(socket: Socket, transport: Transport): void {
  const handlers = createHandlers(transport)
  socket.on('error', () => {})
  socket.on('close', () => void transport.close())
  onFrame(socket, async (frame) => {
    const { call, name, args } = frame as Call
    const answer = (rest: Omit<Answer, 'call'>): void => {
      if (socket.writable) sendFrame(socket, { call, ...rest })
    }
    try {
      const handler = handlers[name] as (...args: readonly unknown[]) => unknown
      answer({ value: await handler(...args) })
    } catch (error) {
      answer({ failure: error instanceof Error ? error.message : String(error) })
    }
  })
}

type Handlers = {
  [Name in CallName]: (...args: Parameters<Calls[Name]>) => Promise<ReturnType<Calls[Name]>>
}

function createHandlers(transport: Transport): Handlers {
  const subscriptions: { subscription: Subscription; batches: AsyncIterator<readonly Delivery[]> }[] = []
  const held = new Map<number, Delivery>()
  let deliveries = 0
  const at = (number: number) => {
    const found = subscriptions[number]
    if (found === undefined) throw new Error(`There is no subscription ${number}.`)
    return found
  }
  const hold = (delivery: Delivery): number => {
    held.set(++deliveries, delivery)
    return deliveries
  }
  const release = ({ delivery: number, ...rest }: WireSettlement): Settlement => {
    const delivery = held.get(number)
    if (delivery === undefined) throw new Error(`Delivery ${number} is settled already.`)
    held.delete(number)
    return { ...rest, delivery } as Settlement
  }

  return {
    connect: () => transport.connect(),
    ensure: (topology) => transport.topology.ensure(topology),
    async publish(messages) {
      const outcomes = await transport.publish(messages)
      return outcomes.map((outcome) => (outcome.accepted === true ? undefined : outcome.error.message))
    },
    async subscribe(options) {
      const subscription = await transport.subscribe(options)
      return subscriptions.push({ subscription, batches: subscription[Symbol.asyncIterator]() }) - 1
    },
    async next(number) {
      const { done, value } = await at(number).batches.next()
      if (done) return undefined
      return value.map((delivery) => {
        const { lease: _, ...rest } = delivery
        return { ...rest, number: hold(delivery) }
      })
    },
    settle: async (number, settlements) => at(number).subscription.settle(settlements.map(release)),
    stop: async (number) => at(number).subscription.stop(),
    closeSubscription: async (number) => at(number).subscription.close(),
    async letters(group) {
      const letters: DeadLetter[] = []
      for await (const letter of transport.deadLetters(group).browse()) letters.push(letter)
      return letters
    },
  }
}
