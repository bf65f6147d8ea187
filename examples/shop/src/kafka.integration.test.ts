import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const inShop = (name: string): string => fileURLToPath(new URL(name, new URL('../', import.meta.url)))

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function demo(...args: readonly string[]): Promise<Run> {
  const command = ['--conditions=@eventspine/source', inShop('src/main.ts'), '--folder', folder, ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

// The first time, a machine without Docker fetches Kafka before it starts it.
test('the shop runs on Kafka in seven processes, one of which is killed', { timeout: 300_000 }, async () => {
  const orders = join(folder, 'orders.jsonl')
  writeFileSync(orders, readFileSync(inShop('orders.jsonl'), 'utf8').split('\n').slice(0, 100).join('\n'))
  const { code, stdout } = await demo('--broker', 'kafka', '--orders', orders, '--kill', 'inventory')

  expect(stdout).toMatch(/^killed inventory \(\d+, SIGKILL\)$/m)
  expect(stdout).toMatch(/^inventory runs again \(\d+\), \d+\.\d s later$/m)
  expect(stdout).toMatch(/ on kafka in 7 processes, /)
  expect(stdout).toMatch(/ of 100 placed$/m)
  expect(stdout.match(/^✓ /gm)).toHaveLength(6)
  expect(stdout).not.toContain('BROKEN')
  expect(code).toBe(0)
  expect(readdirSync(folder)).toEqual(['orders.jsonl'])
})

test('a server that is not there is told in one line', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await demo('--url', 'kafka://user:secret@127.0.0.1:1', '--kill', 'none')

  expect(stderr).toMatch(/^[^\n]+\n$/)
  expect(stdout + stderr).not.toContain('secret')
  expect(code).toBe(2)
  expect(readdirSync(folder)).toEqual([])
})
