import { setTimeout as delay } from 'node:timers/promises'
import type { Sighting } from '@eventspine/core/testing'
import { readTopic } from './read-topic.ts'
import { Stage } from './stage.ts'
import { type FaultRun, type FaultTally, toTally } from './tally.ts'

const partitions = 4

/** F-K2: handlers of random length, kills, and a watch on the broker: no commit may pass an event that is not handled. */
export async function runFault({ quick }: FaultRun): Promise<FaultTally> {
  const [events, kills] = quick ? [3_000, 4] : [50_000, 20]
  await using stage = await Stage.open({ partitions, keys: 400, mostMs: quick ? 100 : 500 })
  const { crew, plan } = stage
  await crew.join(3)
  await stage.publish(events)
  const watch = new CommitWatch(stage)
  const watching = watch.run()
  for (let kill = 0; kill < kills; kill++) {
    await delay(quick ? 1_500 : 5_000)
    await crew.join()
    await crew.kill()
  }
  await stage.settles(quick ? 60_000 : 600_000)
  watch.stop()
  await watching
  const passed = watch.passed(await readTopic(stage.broker, plan.topic))
  return toTally(stage.verdict, {
    ordered: true,
    isMet: passed === 0,
    note: `${events} events, ${kills} kills, ${watch.looks} looks at commits, ${passed} of them past an unhandled event`,
  })
}

interface Look {
  readonly partition: number
  readonly committed: number
  /** How many had been handled a moment after. */
  readonly handled: number
}

class CommitWatch {
  readonly #stage: Stage
  readonly #seen: Look[] = []
  #isOver = false

  constructor(stage: Stage) {
    this.#stage = stage
  }

  get looks(): number {
    return this.#seen.length
  }

  stop(): void {
    this.#isOver = true
  }

  async run(): Promise<void> {
    const { admin, plan, crew } = this.#stage
    while (!this.#isOver) {
      const [topic] = await admin.committed(plan.group, [plan.topic])
      // What a member has told of may still be on its way here.
      await delay(300)
      for (const { partition, offset } of topic?.partitions ?? []) {
        this.#seen.push({ partition, committed: Number(offset), handled: crew.handled.length })
      }
    }
  }

  /** How many looks saw a commit above an event that nobody had handled. The topic's offsets begin at 0 and have no holes. */
  passed(logs: readonly (readonly Sighting[])[]): number {
    const order = new Map<string, number>()
    this.#stage.crew.handled.forEach(({ id }, index) => {
      if (!order.has(id)) order.set(id, index)
    })
    const wasHandled = (id: string, count: number): boolean => (order.get(id) ?? Number.POSITIVE_INFINITY) < count
    return this.#seen.filter(({ partition, committed, handled }) =>
      (logs[partition] ?? []).slice(0, Math.max(0, committed)).some(({ id }) => !wasHandled(id, handled)),
    ).length
  }
}
