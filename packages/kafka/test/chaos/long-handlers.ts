import { setTimeout as delay } from 'node:timers/promises'
import { Stage } from './stage.ts'
import { type FaultRun, type FaultTally, toTally } from './tally.ts'

/** F-K3: handlers ten times as long as the session of their member run once, and nobody loses a partition meanwhile. */
export async function runFault({ quick }: FaultRun): Promise<FaultTally> {
  const [leaseMs, handlerMs] = quick ? [2_000, 20_000] : [30_000, 300_000]
  await using stage = await Stage.open({ partitions: 4, keys: 10, leaseMs, leastMs: handlerMs, mostMs: handlerMs })
  const { crew } = stage
  await crew.join(2)
  await stage.publish(10)
  await delay(handlerMs / 2)
  const begun = crew.begun.length
  const isSettled = await stage.settles(handlerMs * 2)
  return toTally(stage.verdict, {
    ordered: true,
    isMet: isSettled && begun === 10 && crew.begun.length === 10 && stage.verdict.duplicates.length === 0,
    note: `10 handlers of ${handlerMs} ms with a session of ${leaseMs} ms, ${crew.begun.length} executions`,
  })
}
