import type { Member, TransportHarness } from '@eventspine/core/testing'
import { createMemoryBroker, type Like, memoryTransport } from '@eventspine/memory'

/** The memory transport before the suite: members are transports of one broker, faults are its own fault injection. */
export function memoryHarness(like?: Like): TransportHarness {
  const broker = createMemoryBroker(like === undefined ? {} : { like })
  const todo = (): never => {
    throw new Error('not yet')
  }
  return {
    name: like === undefined ? 'memory' : `memory like ${like}`,
    timing: { leaseMs: 100, heartbeatMs: 100, quietMs: 30, patienceMs: 5_000 },
    broker: { restart: todo, revoke: todo, breakDeadLetters: todo, mendDeadLetters: todo },
    async connect(): Promise<Member> {
      const transport = memoryTransport({ broker })
      const capabilities = await transport.connect()
      return {
        transport,
        capabilities,
        network: { reset: todo, blackHole: todo, dropResponses: todo, heal: todo },
        crash: todo,
        pause: todo,
        resume: todo,
        memoryBytes: async () => process.memoryUsage().heapUsed,
        dispose: () => transport.close(),
      }
    },
  }
}
