import type { Server } from '@eventspine/brokers'
import {
  type BrokerControl,
  createFaultProxy,
  localMember,
  type Member,
  spawnMember,
  type TransportHarness,
} from '@eventspine/core/testing'
import { type KafkaTransportOptions, kafkaTransport } from '@eventspine/kafka'
import { KafkaAdmin } from './kafka-admin.ts'

/**
 * What the server of the harness must be configured with: leases of seconds would make each fault clause a minute, and after a kill
 * it recovers every partition that the suite has made before it answers.
 */
export const serverConfig = {
  'group.min.session.timeout.ms': '500',
  'num.recovery.threads.per.data.dir': '4',
  'log.index.size.max.bytes': '131072',
}

const child = new URL('./child-transport.ts', import.meta.url)

const common = {
  partitions: 4,
  retryPartitions: 1,
  connectTimeoutMs: 2_000,
  requestTimeoutMs: 2_000,
  metadataMaxAgeMs: 1_000,
} satisfies Partial<KafkaTransportOptions>

/** A real Kafka before the suite: members of this process reach it through a fault proxy, isolated ones directly. */
export function kafkaHarness(server: Server): TransportHarness {
  const broker = new URL(server.url).host
  const port = Number(new URL(server.url).port)
  return {
    name: 'kafka 4.1',
    timing: { leaseMs: 1_500, heartbeatMs: 2_000, quietMs: 300, patienceMs: 20_000 },
    sharesByPartition: true,
    broker: control(server, new KafkaAdmin(broker)),
    connect: ({ isolated }) =>
      isolated ? spawnMember({ module: child, options: { ...common, brokers: [broker] } }) : behindProxy(broker, port),
    close: () => server.stop(),
  }
}

async function behindProxy(broker: string, port: number): Promise<Member> {
  const proxy = await createFaultProxy({ targetHost: '127.0.0.1', targetPort: port })
  const address = `${proxy.host}:${proxy.port}`
  const transport = kafkaTransport({ ...common, brokers: [address], addresses: { [broker]: address } })
  const member = await localMember(transport, proxy)
  return {
    ...member,
    dispose: async () => {
      proxy.heal()
      await member.dispose()
      await proxy.close()
    },
  }
}

function control(server: Server, admin: KafkaAdmin): BrokerControl {
  return {
    restart: () => server.restart(),
    revoke: (group) => admin.deleteGroup(group),
    breakDeadLetters: async (group) => {
      await admin.createTopic(`${group}.dead`, 2).catch(() => {})
      await admin.limitMessages(`${group}.dead`, 10)
    },
    mendDeadLetters: (group) => admin.limitMessages(`${group}.dead`, undefined),
  }
}
