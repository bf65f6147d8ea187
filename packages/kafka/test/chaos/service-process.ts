import { setTimeout as delay } from 'node:timers/promises'
import { createBus, defineEvent, handle } from '@eventspine/core'
import { kafkaTransport } from '@eventspine/kafka'
import type { Plan, Report } from './crew.ts'

/** A consumer in a process of its own: tells its parent of every event that it has handled, before it is settled. */
const plan = JSON.parse(process.argv[2] ?? '{}') as Plan
const tell = (report: Report): void => void process.send?.(report)

interface FactData {
  readonly key: string
}

const schema = {
  '~standard': { version: 1, vendor: 'chaos', validate: (value: unknown) => ({ value }) },
} as const

const Fact = defineEvent(plan.topic, { schema, key: (data) => (data as FactData).key })

const bus = await createBus({
  source: '/chaos',
  transport: kafkaTransport({ brokers: [plan.broker], metadataMaxAgeMs: 1_000 }),
})
bus.subscribe({
  group: plan.group,
  ordered: true,
  leaseMs: plan.leaseMs,
  concurrency: plan.concurrency,
  on: [
    handle(Fact, async ({ data, id }) => {
      const { key } = data as FactData
      tell({ kind: 'begun', id, key })
      if (plan.mostMs > 0) await delay(plan.leastMs + Math.random() * (plan.mostMs - plan.leastMs))
      tell({ kind: 'handled', id, key })
    }),
  ],
})
process.once('SIGTERM', async () => {
  await bus.stop({ graceMs: 20_000 })
  process.exit(0)
})
process.once('disconnect', () => process.exit(1))
await bus.start()
tell({ kind: 'started' })
