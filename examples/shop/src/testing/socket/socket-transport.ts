import { connect, type Socket } from 'node:net'
import {
  ConnectionFailedError,
  type DeadLetters,
  type Delivery,
  PublishFailedError,
  type Settlement,
  type Subscription,
  type Transport,
  UnsupportedError,
} from '@eventspine/core/transport'
import { onFrame, sendFrame } from './frames.ts'
import type { Answer, CallName, Calls, WireDelivery, WireSettlement } from './protocol.ts'

type MakeCall = <Name extends CallName>(
  name: Name,
  ...args: Parameters<Calls[Name]>
) => Promise<ReturnType<Calls[Name]>>

/** The other end of `serveBroker`: what the shop asks of a transport, and no more. */
export function socketTransport(path: string): Transport {
  const socket = connect(path)
  const call = createCall(socket)
  return {
    name: 'socket',
    connect: () => call('connect'),
    topology: {
      ensure: (topology) => call('ensure', topology),
      verify: () => Promise.reject(unsupported()),
      plan: () => ({ steps: [] }),
    },
    async publish(messages) {
      const refusals = await call('publish', messages)
      return refusals.map((refusal) =>
        refusal === undefined ? { accepted: true } : { accepted: false, error: new PublishFailedError(refusal) },
      )
    },
    async subscribe({ signal: _, ...options }) {
      return createSubscription(call, await call('subscribe', options))
    },
    deadLetters: (group) => createDeadLetters(call, group),
    probe: async () => ({ status: 'up', incidents: [] }),
    close: () => new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', resolve).end())),
  }
}

const unsupported = (): UnsupportedError => new UnsupportedError('The shop does not ask for this.')

function createCall(socket: Socket): MakeCall {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>()
  let calls = 0
  onFrame(socket, (frame) => {
    const { call, value, failure } = frame as Answer
    const caller = waiting.get(call)
    waiting.delete(call)
    if (failure === undefined) caller?.resolve(value as never)
    else caller?.reject(new Error(failure))
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new ConnectionFailedError('The connection is closed.'))
  })
  return (name, ...args) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject })
      sendFrame(socket, { call: calls, name, args })
    })
}

function createSubscription(call: MakeCall, number: number): Subscription {
  const numbers = new WeakMap<Delivery, number>()
  const lease = new AbortController().signal
  const fromWire = ({ number: own, ...rest }: WireDelivery): Delivery => {
    const delivery = { ...rest, lease }
    numbers.set(delivery, own)
    return delivery
  }
  const toWire = (settlement: Settlement): WireSettlement => ({
    ...settlement,
    delivery: numbers.get(settlement.delivery) as number,
  })
  return {
    async *[Symbol.asyncIterator]() {
      for (let batch = await call('next', number); batch; batch = await call('next', number)) yield batch.map(fromWire)
    },
    settle: (settlements) => call('settle', number, settlements.map(toWire)),
    stop: () => call('stop', number),
    close: () => call('closeSubscription', number),
  }
}

function createDeadLetters(call: MakeCall, group: string): DeadLetters {
  const refuse = (): Promise<never> => Promise.reject(unsupported())
  return {
    count: async () => (await call('letters', group)).length,
    async *browse() {
      yield* await call('letters', group)
    },
    replay: refuse,
    discard: refuse,
    purge: refuse,
  }
}
