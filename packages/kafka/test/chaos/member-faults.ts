import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '@eventspine/core/testing'
import { Stage } from './stage.ts'
import { type FaultRun, type FaultTally, toTally } from './tally.ts'

const partitions = 12
const members = 4
/** Of one partition, what a crash may repeat at most: what is held, and what was finished since the last commit. */
const window = 2_000

/** F-K1: members are told to stop (no repetition), then killed and paused longer than their lease, while others join. */
export async function runFault({ quick, seed }: FaultRun): Promise<FaultTally> {
  const random = seededRandom(seed)
  const [events, blows, everyMs] = quick ? [10_000, 6, 2_000] : [100_000, 20, 5_000]
  await using stage = await Stage.open({ partitions, keys: 200 })
  const { crew } = stage
  await crew.join(members)
  const calm = Math.floor(events / 2)
  const perSecond = events / ((blows * everyMs * 1.2) / 1_000)

  const first = stage.publish(calm, perSecond)
  for (let stops = 0; stops < blows / 3; stops++) {
    await delay(everyMs)
    await crew.join()
    await crew.terminate()
  }
  await first
  const isSettled = await stage.settles(60_000)
  const { duplicates: repeatedByStops } = stage.verdict

  const second = stage.publish(events - calm, perSecond)
  let kills = 0
  let pauses = 0
  for (let at = Math.ceil(blows / 3); at < blows; at++) {
    await delay(everyMs)
    if (random() < 0.6) {
      kills++
      await crew.join()
      await crew.kill()
    } else {
      pauses++
      await crew.pause(stage.plan.leaseMs * 3)
    }
  }
  await second
  await stage.settles(120_000)
  const { verdict } = stage
  const isBounded = verdict.duplicates.length <= (kills + pauses) * Math.ceil(partitions / members) * window
  const wereClean = repeatedByStops.length === 0 && crew.exits.every((code) => code === 0)
  return toTally(verdict, {
    ordered: true,
    isMet: isSettled && isBounded && wereClean,
    note: `${events} events, ${crew.exits.length} stops repeat ${repeatedByStops.length}, ${kills} kills, ${pauses} pauses`,
  })
}
