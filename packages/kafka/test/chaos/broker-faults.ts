import { setTimeout as delay } from 'node:timers/promises'
import { Stage } from './stage.ts'
import { type FaultRun, type FaultTally, toTally } from './tally.ts'

/**
 * F-K5: the broker is killed and restarted, partitions are added, and the group is deleted with its offsets, all under load.
 * Nothing is lost. Adding partitions moves keys, so order is not asked of this run.
 */
export async function runFault({ quick }: FaultRun): Promise<FaultTally> {
  const [events, restarts] = quick ? [6_000, 2] : [50_000, 5]
  await using stage = await Stage.open({ partitions: 4, keys: 100 })
  const { crew, admin, plan } = stage
  await crew.join(2)
  const share = events / (restarts + 3)
  for (let restart = 0; restart < restarts; restart++) {
    const publishing = stage.publish(share, share / 4)
    await delay(1_000)
    await stage.server.restart()
    await publishing
  }
  const growing = stage.publish(share, share / 4)
  await admin.addPartitions(plan.topic, 6)
  await growing
  const revoking = stage.publish(share, share / 4)
  await admin.deleteGroup(plan.group)
  await revoking
  await stage.publish(share)
  const isSettled = await stage.settles(120_000)
  return toTally(stage.verdict, {
    ordered: false,
    isMet: isSettled,
    note: `${stage.published.length} events, ${restarts} restarts, partitions 4 to 6, the group deleted once; inversions come of the growth`,
  })
}
