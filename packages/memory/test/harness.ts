import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  type BrokerControl,
  localMember,
  type Member,
  type Network,
  type TransportHarness,
} from '@eventspine/core/testing'
import { createMemoryBroker, type Faults, type Like, memoryTransport } from '@eventspine/memory'

const heartbeatMs = 100

/** The memory transport before the suite: members are transports of one broker, faults are its own fault injection. */
export function memoryHarness(like?: Like): TransportHarness {
  const broker = createMemoryBroker(like === undefined ? {} : { like })
  return {
    name: like === undefined ? 'memory' : `memory like ${like}`,
    timing: { leaseMs: 100, heartbeatMs, quietMs: 30, patienceMs: 5_000 },
    broker: control(memoryTransport({ broker }).faults),
    async connect({ isolated }): Promise<Member> {
      const transport = memoryTransport({ broker })
      const member = await localMember(transport, network(transport.faults))
      return isolated ? withProcess(member, transport.faults) : member
    },
  }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is held, without what only waits to be collected: five brokers may share this process. */
function heldBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** What a process of its own would suffer. */
function withProcess(member: Member, faults: Faults): Member {
  return {
    ...member,
    crash: async () => faults.crash(),
    pause: async () => faults.pause(),
    resume: async () => faults.resume(),
    memoryBytes: async () => heldBytes(),
    dispose: async () => {
      faults.resume()
      await member.dispose()
    },
  }
}

function network(faults: Faults): Network {
  return {
    reset: () => faults.reset(),
    blackHole: ({ existingOnly } = {}) => faults.blackHole(existingOnly ? { noticedAfterMs: heartbeatMs } : {}),
    dropResponses: (options) => faults.dropAnswers(options),
    heal: () => faults.heal(),
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
