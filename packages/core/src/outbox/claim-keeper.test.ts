import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { PublishOnlyBroker } from '../testing/stores/outbox-broker.ts'
import { Acceptance } from './acceptance.ts'
import { ClaimKeeper } from './claim-keeper.ts'
import { readRelayOptions } from './relay-options.ts'
import { RelayReport } from './relay-report.ts'
import type { Claim, Claims, OutboxStore } from './store.ts'
import { Waker } from './waker.ts'

interface Scene {
  readonly keeper: ClaimKeeper
  readonly clock: ManualClock
  /** `claimed 0`, `lost 0`, … */
  readonly told: string[]
  readonly released: Claim[]
  reads: number
}

const held = (...epochs: readonly number[]): Claims => ({
  claims: epochs.map((epoch, partition) => ({ partition, epoch })),
  share: epochs.length,
})

const keepers: ClaimKeeper[] = []
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.stop(Promise.resolve())
})

/** A keeper over a store that answers to each claim as told; beats come by the clock of the test, leases by the real one. */
async function start(leaseMs: number, claim: () => Promise<Claims>): Promise<Scene> {
  const clock = createManualClock()
  const told: string[] = []
  const released: Claim[] = []
  const scene = { clock, told, released, reads: 0 }
  const store = {
    claim,
    release: async ({ claims }: { claims: readonly Claim[] }) => void released.push(...claims),
    read: async () => void scene.reads++,
  } as unknown as OutboxStore<never>
  const transport = new PublishOnlyBroker().transport()
  const log = (): void => {}
  const settings = readRelayOptions({ store, transport, leaseMs, clock, logger: { info: log, warn: log, error: log } })
  const keeper = new ClaimKeeper('r', {
    settings,
    transport,
    capabilities: await transport.connect(),
    acceptance: new Acceptance(clock),
    waker: new Waker(clock),
    report: new RelayReport(
      'r',
      (signal) => told.push(`${signal.kind} ${'partition' in signal ? signal.partition : ''}`),
      settings.logger,
    ),
    cutOff: new AbortController().signal,
  })
  keepers.push(keeper)
  await keeper.start()
  return Object.assign(scene, { keeper })
}

it('a partition that comes back with another epoch was somebody else’s meanwhile: its worker is replaced', async () => {
  let epoch = 1
  const { clock, told, keeper } = await start(60_000, async () => held(epoch))
  await clock.advance(1_000)
  expect(told).toEqual(['claimed 0'])
  epoch = 3
  await clock.advance(1_000)
  expect(told).toEqual(['claimed 0', 'lost 0', 'claimed 0'])
  expect(keeper.size).toBe(1)
})

it('a lease that ran out unnoticed is not taken up again: its worker has stopped, a new one begins', async () => {
  const { clock, told } = await start(30, async () => held(1))
  await pause(40)
  await clock.advance(10)
  expect(told).toEqual(['claimed 0', 'lost 0', 'claimed 0'])
})

it('a lease counts from before it was asked for: an answer that took longer gives no right to read', async () => {
  const scene = await start(30, async () => {
    await pause(50)
    return held(1)
  })
  await pause(5)
  expect(scene.reads).toBe(0)
})

it('what is more than the share is given back at the next beat, and worked on until then', async () => {
  let share = 2
  const { clock, keeper, released } = await start(60_000, async () => ({ ...held(1, 1), share }))
  share = 1
  await clock.advance(1_000)
  expect(released).toEqual([])
  share = 2
  await clock.advance(1_000)
  expect(released).toEqual([{ partition: 1, epoch: 1 }])
  expect(keeper.holds(0)).toBe(true)
})

it('what a claim brings after the stop has begun is given back unworked', async () => {
  const answer = Promise.withResolvers<Claims>()
  let asked = 0
  const { clock, keeper, released } = await start(60_000, async () => (asked++ === 0 ? held(1) : answer.promise))
  await clock.advance(1_000)
  const stopped = keeper.stop(new Promise(() => {}))
  answer.resolve(held(1, 1))
  await stopped
  expect(released).toEqual([
    { partition: 0, epoch: 1 },
    { partition: 1, epoch: 1 },
  ])
})

it('a store that does not answer for a lease is overdue, until it answers', async () => {
  let answer = async (): Promise<Claims> => held(1)
  const { clock, keeper } = await start(30, () => answer())
  await pause(40)
  await clock.advance(10)
  expect(keeper.overdue).toBe(false)
  answer = () => new Promise(() => {})
  await clock.advance(10)
  await pause(40)
  expect(keeper.overdue).toBe(true)
})

it('leases that end while the store fails are lost at once, not when it is back', async () => {
  let fails = false
  const { clock, told, keeper } = await start(30, async () => {
    if (fails) throw new Error('gone')
    return held(1)
  })
  fails = true
  await pause(40)
  await clock.advance(10)
  expect(told).toEqual(['claimed 0', 'store-failed ', 'lost 0'])
  expect(keeper.size).toBe(0)
})
