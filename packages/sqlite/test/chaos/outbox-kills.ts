import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { check, type Sighting, seededRandom, type Verdict } from '@eventspine/core/testing'
import { sqliteOutbox } from '../../src/index.ts'
import { Crew } from './crew.ts'
import { type AppReport, batchEvents, type Confirm, type PublishCall, partitions } from './protocol.ts'

export interface FaultTally {
  readonly id: 'F-O12'
  readonly transport: 'sqlite'
  readonly lost: number
  readonly ghosts: number
  readonly duplicates: number
  readonly inversions: number
  readonly passed: boolean
  readonly note: string
}

interface Run {
  readonly events: number
  readonly kills: number
  readonly keys: number
  readonly seed: number
  readonly path: string
  readonly random: () => number
}

const apps = 2
const relays = 2
/** Between the last commit and the last arrival. */
const patienceMs = 60_000

/**
 * F-O12: applications and relays on one SQLite file, killed at random. Every committed order's event arrives, in the order of
 * its customer's commits; no rolled back one does; and no application ever sees SQLITE_BUSY.
 */
export async function runFault({
  quick,
  seed,
}: {
  readonly quick: boolean
  readonly seed: number
}): Promise<FaultTally> {
  const folder = await mkdtemp(join(tmpdir(), 'eventspine-f-o12-'))
  const size = quick ? { events: 5_000, kills: 10 } : { events: 50_000, kills: 100 }
  try {
    return await run({ ...size, seed, keys: 200, path: join(folder, 'shop.db'), random: seededRandom(seed) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(plan: Run): Promise<FaultTally> {
  makeTables(plan.path)
  const arrivals: Sighting[] = []
  const busy: string[] = []
  const relayCrew = new Crew(new URL('relay-process.ts', import.meta.url), [plan.path], broker(arrivals))
  const appArguments = [plan.path, String(plan.events), String(plan.keys)]
  const appCrew = new Crew(new URL('app-process.ts', import.meta.url), appArguments, (report: AppReport) => {
    busy.push(report.busy)
  })
  try {
    appCrew.start(apps)
    relayCrew.start(relays)
    const kills = await killAtRandom(plan, arrivals, appCrew, relayCrew)
    await appCrew.ended()
    await allArrived(plan.path, arrivals)
    await relayCrew.terminate('SIGTERM')
    const failures = [...appCrew.failures, ...relayCrew.failures]
    return await tally(plan, kills, arrivals, [...busy.map((text) => `to the app: ${text}`), ...failures])
  } finally {
    await appCrew.terminate('SIGKILL')
    await relayCrew.terminate('SIGKILL')
  }
}

function makeTables(path: string): void {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal')
  database.exec(
    'create table orders (place integer primary key autoincrement, event text unique, customer text) strict',
  )
  database.close()
}

/** Takes what a relay sends, then confirms. What a killed relay had sent has arrived, confirmed or not. */
function broker(arrivals: Sighting[]): (message: PublishCall, child: ChildProcess) => void {
  return ({ call, messages }, child) => {
    arrivals.push(...messages)
    if (child.connected) child.send({ call } satisfies Confirm, () => {})
  }
}

/** Spread over the run by what has arrived; each hits one of the four processes, at a moment of its own. */
async function killAtRandom(plan: Run, arrivals: readonly Sighting[], appCrew: Crew, relayCrew: Crew): Promise<number> {
  let kills = 0
  for (let index = 0; index < plan.kills; index++) {
    const threshold = (plan.events * (index + 0.5)) / plan.kills
    const giveUpAt = performance.now() + patienceMs
    while (arrivals.length < threshold && performance.now() < giveUpAt) await pause(2)
    await pause(plan.random() * 20)
    const victim = Math.trunc(plan.random() * (apps + relays))
    const killed = victim < apps ? await appCrew.kill(victim) : await relayCrew.kill(victim - apps)
    if (killed) kills += 1
  }
  return kills
}

async function allArrived(path: string, arrivals: readonly Sighting[]): Promise<void> {
  const committed = committedOrders(path).map((order) => order.id)
  const giveUpAt = performance.now() + patienceMs
  while (performance.now() < giveUpAt) {
    const arrived = new Set(arrivals.map((arrival) => arrival.id))
    if (committed.every((id) => arrived.has(id))) return
    await pause(50)
  }
}

function committedOrders(path: string): Sighting[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('select event, customer from orders order by place').all()
  database.close()
  return rows.map((row) => ({ id: String(row.event), topic: 'order.placed', key: String(row.customer) }))
}

async function tally(
  plan: Run,
  kills: number,
  arrivals: readonly Sighting[],
  complaints: readonly string[],
): Promise<FaultTally> {
  const verdict = check(committedOrders(plan.path), arrivals)
  const left = await leftOver(plan.path)
  const allowed = kills * batchEvents * partitions
  const passed = isClean(verdict) && verdict.duplicates.length <= allowed && complaints.length === 0 && left === 0
  const note = [
    `seed ${plan.seed}`,
    `${committedOrders(plan.path).length} events`,
    `${kills} kills`,
    `at most ${allowed} duplicates allowed`,
    ...(left > 0 ? [`${left} left in the outbox`] : []),
    ...complaints.slice(0, 5),
  ].join(', ')
  const { lost, ghosts, duplicates, inversions } = verdict
  return {
    id: 'F-O12',
    transport: 'sqlite',
    lost: lost.length,
    ghosts: ghosts.length,
    duplicates: duplicates.length,
    inversions: inversions.length,
    passed,
    note,
  }
}

const isClean = ({ lost, ghosts, inversions }: Verdict): boolean =>
  lost.length + ghosts.length + inversions.length === 0

async function leftOver(path: string): Promise<number> {
  const store = sqliteOutbox({ path })
  const { pending, delayed, parked, held } = await store.status()
  await store.close()
  return pending + delayed + parked + held
}
