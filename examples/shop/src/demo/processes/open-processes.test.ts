import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryBroker, memoryTransport } from '@eventspine/memory'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readProducts } from '../../intake/products.ts'
import { serveBroker } from '../../testing/socket/socket-broker.ts'
import type { Role } from '../roles.ts'
import { type DemoOptions, runDemo } from '../run-demo.ts'
import { openProcesses, type ProcessesOptions } from './open-processes.ts'
import { ProcessFailedError } from './process-failed-error.ts'

const inShop = (name: string): URL => new URL(`../../../${name}`, import.meta.url)
const products = readProducts(inShop('products.json').pathname)
const silent = { info: () => {}, warn: () => {}, error: () => {} }

let folder: string
let notes: string[]
let closeBroker: () => Promise<void>

/** Eight processes start, on whatever cores there are. */
const timeout = 90_000

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
  notes = []
  // For the processes, which nobody resolves packages for.
  vi.stubEnv('NODE_OPTIONS', '--conditions=@eventspine/source')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await closeBroker()
  rmSync(folder, { recursive: true })
})

async function demo(orders: number, some: Partial<ProcessesOptions>, others: Partial<DemoOptions> = {}) {
  const broker = createMemoryBroker()
  const { path: url, close } = await serveBroker(broker, folder)
  closeBroker = close
  const ordersFile = join(folder, 'orders.jsonl')
  writeFileSync(ordersFile, readFileSync(inShop('orders.jsonl'), 'utf8').split('\n').slice(0, orders).join('\n'))
  return runDemo({
    transport: memoryTransport({ broker }),
    open: openProcesses({
      url,
      entry: new URL('../../testing/socket/process.ts', import.meta.url),
      onNote: (line) => notes.push(line),
      ...some,
    }),
    ordersFile,
    products,
    folder,
    logger: silent,
    patience: { looks: 300, everyMs: 50 },
    onRefused: (line, reason) => notes.push(`line ${line}: ${reason}`),
    onProgress: () => {},
    signal: new AbortController().signal,
    ...others,
  })
}

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function expectNothingLeft(processes: number): void {
  const pids = [...notes.join('\n').matchAll(/\((\d+)[,)]/g)].map(([, pid]) => Number(pid))
  expect(new Set(pids).size).toBe(processes)
  expect(pids.filter(isThere)).toEqual([])
  expect(readdirSync(folder).filter((name) => name.startsWith('eventspine-shop-'))).toEqual([])
}

test.each<Role>(['order', 'payment-relay'])('the books agree although %s is killed', { timeout }, async (role) => {
  const { figures, invariants, placed, refused } = await demo(80, { mishap: { role, at: 0.4 } })

  expect(invariants.filter(({ holds }) => !holds)).toEqual([])
  expect({ placed, refused }).toEqual({ placed: 80, refused: 0 })
  expect(notes[1]).toMatch(new RegExp(`^killed ${role} \\(\\d+, SIGKILL\\)$`))
  expect(notes[2]).toMatch(new RegExp(`^${role} runs again`))
  // What the killed process had told was not lost with it.
  const [order, payment, inventory, journal] = figures
  expect(journal?.consumed).toBe(figures.reduce((sum, { published }) => sum + published, 0))
  expect(order?.consumed).toBe((payment?.published ?? 0) + (inventory?.published ?? 0))
  expectNothingLeft(8)
})

test('a process that ends by itself ends the run, with what it wrote last', async () => {
  const entry = join(folder, 'crash.mjs')
  writeFileSync(entry, `console.error('no disk in the drive'); process.exit(3)`)

  const run = demo(1, { entry: new URL(`file://${entry}`) })
  await expect(run).rejects.toThrow(ProcessFailedError)
  await expect(run).rejects.toMatchObject({
    message: expect.stringMatching(/^The process \w+ ended before it was ready\.$/),
    stderr: 'no disk in the drive',
  })
  expectNothingLeft(0)
})

test('an interruption leaves no process and no file', { timeout }, async () => {
  const interrupted = new AbortController()
  const { placed } = await demo(
    1_000,
    {},
    { signal: interrupted.signal, onProgress: ({ placed: now }) => now > 50 && interrupted.abort() },
  )

  expect(placed).toBeLessThan(1_000)
  expectNothingLeft(7)
})
