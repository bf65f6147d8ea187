import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from '@eventspine/brokers'
import { type Bus, createBus, defineEvent, handle } from '@eventspine/core'
import { kafkaTransport } from '@eventspine/kafka'
import type { FaultRun, FaultTally } from './tally.ts'

const redWithinMs = 10_000

const Fact = defineEvent('fact', {
  schema: { '~standard': { version: 1, vendor: 'chaos', validate: (value: unknown) => ({ value }) } },
})

/**
 * F-K6: a consumer that can't go on and a broker that answers no more turn health red within ten seconds; the one ends as failed
 * after a bounded number of attempts, the other is green again when the broker is back.
 */
export async function runFault(_: FaultRun): Promise<FaultTally> {
  await using server = await startKafka({ own: true })
  const broker = new URL(server.url).host
  const hopeless = await busOn(broker, 100)
  const redMs = await turns(hopeless, false)
  const failed = await within(60_000, async () => {
    const { consumers } = await hopeless.health()
    return consumers.every(({ state }) => state === 'failed')
  })
  await hopeless.stop({ graceMs: 0 })

  const healthy = await busOn(broker, 10_000)
  const greenMs = await turns(healthy, true)
  await server.pause()
  const pausedRedMs = await turns(healthy, false)
  await server.resume()
  const againMs = await turns(healthy, true)
  await healthy.stop({ graceMs: 0 })

  const passed =
    redMs <= redWithinMs && failed && greenMs <= redWithinMs && pausedRedMs <= redWithinMs && againMs <= 60_000
  const note = `red ${redMs} ms after a crash for good (failed in the end: ${failed}), ${pausedRedMs} ms after the broker froze, green ${againMs} ms after it went on`
  return { lost: 0, ghosts: 0, duplicates: 0, inversions: 0, passed, note }
}

async function busOn(broker: string, leaseMs: number): Promise<Bus> {
  const quiet = { info: () => {}, warn: () => {}, error: () => {} }
  const transport = kafkaTransport({ brokers: [broker], requestTimeoutMs: 5_000 })
  const bus = await createBus({ source: '/chaos', transport, logger: quiet })
  bus.subscribe({ group: `crew-${leaseMs}`, leaseMs, on: [handle(Fact, async () => {})] })
  await bus.start()
  return bus
}

async function turns(bus: Bus, healthy: boolean): Promise<number> {
  const start = performance.now()
  const turned = await within(60_000, async () => (await bus.health()).healthy === healthy)
  return turned ? Math.round(performance.now() - start) : Number.POSITIVE_INFINITY
}

async function within(limitMs: number, reached: () => Promise<boolean>): Promise<boolean> {
  const start = performance.now()
  while (performance.now() - start < limitMs) {
    if (await reached()) return true
    await delay(100)
  }
  return false
}
