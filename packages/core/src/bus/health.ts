import { atMost, type Clock } from '../clock.ts'
import type { GroupConsumer } from '../consumer/group-consumer.ts'
import type { Health } from '../transport/health.ts'
import type { Transport } from '../transport/transport.ts'
import type { BusHealth } from './bus.ts'

/** How long a consumer may be broken, or a probe unanswered, before the bus is unhealthy: shorter breaks mend themselves. */
const toleratedMs = 5_000

export async function busHealth(
  started: boolean,
  transport: Transport,
  consumers: readonly GroupConsumer[],
  clock: Clock,
): Promise<BusHealth> {
  const health = await probe(transport, clock)
  const now = clock.now()
  const members = consumers.map((consumer) => ({
    group: consumer.group,
    state: consumer.state,
    stalledMs: consumer.brokenSince === undefined ? 0 : now - consumer.brokenSince,
  }))
  const working = members.every((member) => member.state !== 'failed' && member.stalledMs < toleratedMs)
  return { healthy: started && health.status !== 'down' && working, transport: health, consumers: members }
}

/** A broker that is away may leave the probe without an answer: that is one too. */
async function probe(transport: Transport, clock: Clock): Promise<Health> {
  try {
    return await atMost(clock, toleratedMs, transport.probe(), () => down(`no answer within ${toleratedMs} ms`))
  } catch (error) {
    return down(error instanceof Error ? error.message : 'the probe failed')
  }
}

const down = (detail: string): Health => ({ status: 'down', detail, incidents: [] })
