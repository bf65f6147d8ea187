import type { BrokerControl, Member, TransportHarness } from '@eventspine/core/testing'
import { createMemoryBroker, type Faults, type Like, memoryTransport } from '@eventspine/memory'

const heartbeatMs = 100

/** The memory transport before the suite: members are transports of one broker, faults are its own fault injection. */
export function memoryHarness(like?: Like): TransportHarness {
  const broker = createMemoryBroker(like === undefined ? {} : { like })
  return {
    name: like === undefined ? 'memory' : `memory like ${like}`,
    timing: { leaseMs: 100, heartbeatMs, quietMs: 30, patienceMs: 5_000 },
    broker: control(memoryTransport({ broker }).faults),
    async connect(): Promise<Member> {
      const transport = memoryTransport({ broker })
      const capabilities = await transport.connect()
      const { faults } = transport
      return {
        transport,
        capabilities,
        network: {
          reset: () => faults.reset(),
          blackHole: ({ existingOnly } = {}) => faults.blackHole(existingOnly ? { noticedAfterMs: heartbeatMs } : {}),
          dropResponses: (options) => faults.dropAnswers(options),
          heal: () => faults.heal(),
        },
        crash: async () => faults.crash(),
        pause: async () => faults.pause(),
        resume: async () => faults.resume(),
        memoryBytes: async () => process.memoryUsage().heapUsed,
        dispose: async () => {
          faults.resume()
          await transport.close()
        },
      }
    },
  }
}

function control(faults: Faults): BrokerControl {
  const broken = new Set<string>()
  const arm = (): void => {
    faults.clear()
    for (const group of broken) faults.failDeadLetter({ group, times: Number.POSITIVE_INFINITY })
  }
  return {
    restart: () => faults.restart({ downMs: 20 }),
    revoke: async (group) => faults.revokeGroup(group),
    breakDeadLetters: async (group) => {
      broken.add(group)
      arm()
    },
    mendDeadLetters: async (group) => {
      broken.delete(group)
      arm()
    },
  }
}
