import { createBus, handle } from '@eventspine/core'
import { type Case, defineCase, type Load, type Subject } from '../../harness/case.ts'
import { liveMiB } from '../../harness/garbage.ts'
import { growth, type Point, slope } from '../../harness/statistics.ts'
import { Countdown, concurrently, perSecond } from '../../harness/work.ts'
import { OrderCreated, orderAt, source } from '../core/orders.ts'

const callers = 1_000
const samples = 100
/** Until code is compiled and the log holds what it retains, the heap has a reason to grow. */
const warmUpSamples = 12
const bytesPerMiB = 2 ** 20

const eventspine: Subject = async ({ events, say }) => {
  const handled = new Countdown()
  const bus = await createBus({ source, transport: 'memory:' })
  bus.subscribe({ group: 'billing', on: [handle(OrderCreated, () => handled.tick())] })
  await bus.start()

  const publishAndHandle = async (count: number): Promise<void> => {
    const allHandled = handled.from(count)
    await concurrently(callers, count, (i) => bus.publish(OrderCreated, orderAt(i)))
    await allHandled
  }
  return {
    round: async () => report(await sampled(publishAndHandle, { events, say }), say),
    close: () => bus.stop(),
  }
}

/** The live heap after every hundredth of the events. */
async function sampled(work: (count: number) => Promise<void>, { events, say }: Load): Promise<Point[]> {
  const share = Math.ceil(events / samples)
  const points: Point[] = []
  for (let sample = 1; sample <= samples; sample++) {
    const speed = await perSecond(share, () => work(share))
    const point = { x: sample * share, y: liveMiB() }
    points.push(point)
    if (sample % 10 === 0) say(`${point.x} events · ${point.y.toFixed(1)} MiB alive · ${Math.round(speed)} events/s`)
  }
  return points.slice(warmUpSamples)
}

function report(points: readonly Point[], say: Load['say']): number {
  const bytesPerEvent = slope(points) * bytesPerMiB
  say(`slope after the warm-up: ${bytesPerEvent.toFixed(3)} bytes an event`)
  return growth(points.map(({ y }) => y))
}

/** Whether the heap stays flat: the median of its last quarter against that of its first. */
export const heapGrowth: Case = defineCase({
  suite: 'soak',
  case: 'heap-growth',
  unit: 'MiB',
  events: 10_000_000,
  rounds: 1,
  warmUpRounds: 0,
  bar: { of: 'value', atMost: 16, enforced: true },
  subjects: { eventspine },
})
