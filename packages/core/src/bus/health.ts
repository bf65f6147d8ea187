import type { GroupConsumer } from '../consumer/group-consumer.ts'
import type { Health } from '../transport/health.ts'
import type { Transport } from '../transport/transport.ts'
import type { BusHealth } from './bus.ts'

/** How long a consumer may be broken before the bus is unhealthy: shorter breaks mend themselves. */
const toleratedMs = 5_000

export async function busHealth(
  started: boolean,
  transport: Transport,
  consumers: readonly GroupConsumer[],
  now: number,
): Promise<BusHealth> {
  const health = await probe(transport)
  const members = consumers.map((consumer) => ({
    group: consumer.group,
    state: consumer.state,
    stalledMs: consumer.brokenSince === undefined ? 0 : now - consumer.brokenSince,
  }))
  const working = members.every((member) => member.state !== 'failed' && member.stalledMs < toleratedMs)
  return { healthy: started && health.status !== 'down' && working, transport: health, consumers: members }
}

async function probe(transport: Transport): Promise<Health> {
  try {
    return await transport.probe()
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'the probe failed'
    return { status: 'down', detail, incidents: [] }
  }
}
