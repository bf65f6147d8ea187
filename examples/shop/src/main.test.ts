import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeOrders, toJsonLines } from '../scripts/orders.ts'

const inShop = (name: string): string => fileURLToPath(new URL(name, new URL('../', import.meta.url)))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function demo(...args: readonly string[]): Promise<Run> {
  const command = ['--conditions=@eventspine/source', inShop('src/main.ts'), ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const order = (orderId: string, change: object = {}): string =>
  JSON.stringify({
    orderId,
    customer: '김하늘',
    card: 'tok_visa_1',
    lines: [{ sku: 'TEA-SENCHA-100', quantity: 1 }],
    ...change,
  })

describe('the whole demo', () => {
  test('ends with a table and with all invariants kept', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await demo()

    expect(stderr).toBe('')
    expect(stdout).toMatch(/^100 % {2}1,000 of 1,000 orders finished$/m)
    const rows = readTable(stdout)
    expect(rows.order).toMatchObject({ published: 2_000, retried: 0, 'dead-lettered': 0 })
    // 40 orders find the gateway away once, 10 three times.
    expect(rows.payment).toMatchObject({ retried: 70, 'delivered again': 20, 'dead-lettered': 1 })
    expect(rows.inventory).toMatchObject({ 'delivered again': 20, 'dead-lettered': 1 })
    expect(rows.journal).toMatchObject({ published: 0, 'dead-lettered': 1 })
    expect(rows.journal.consumed).toBe(rows.order.published + rows.payment.published + rows.inventory.published)
    expect(stdout.match(/^✓ /gm)).toHaveLength(6)
    expect(stdout).not.toContain('BROKEN')
    expect(stdout).toMatch(/ of 1,000 placed$/m)
    expect(code).toBe(0)
  })

  test.each([
    ['money', '✗ BROKEN: the gateway holds the money'],
    ['stock', '✗ BROKEN: of every product'],
    ['event', '✗ BROKEN: each change of state'],
  ])('finds a sabotage of %s and exits with 1', { timeout: 60_000 }, async (what, finding) => {
    const orders = write('orders.jsonl', `${order('o-1')}\n${order('o-2')}\n`)
    const { code, stdout, stderr } = await demo('--orders', orders, '--sabotage', what)

    expect(stderr).toBe('')
    expect(stdout).toContain(finding)
    expect(code).toBe(1)
  })
})

describe("a user's own file", () => {
  test('is run but for the lines that are no orders, which are told by number', async () => {
    const lines = [
      order('o-1'),
      '{"orderId": "o-2"',
      '',
      order('o-1'),
      order('o-3', { lines: [{ sku: 'UFO\u001b[2J', quantity: 1 }] }),
      order('o-4', { customer: 'x'.repeat(100_000) }),
      order('o-5', { card: 'tok_declined_1' }),
    ]
    const { code, stdout, stderr } = await demo('--orders', write('orders.jsonl', lines.join('\r\n')))

    expect(stderr).toBe('')
    expect(stdout).toContain('line 2: is not JSON\n')
    expect(stdout).toContain('line 4: there is an order "o-1" already\n')
    expect(stdout).toContain('line 5: the shop has no product "UFO\\u001b[2J"\n')
    expect(stdout).toContain('line 6: is longer than 65536 bytes\n')
    expect(stdout).toContain('1 confirmed + 1 cancelled = 2 of 2 placed')
    expect(stdout).toContain('4 lines refused')
    expect(stdout).not.toContain('\u001b')
    expect(code).toBe(0)
  })

  test('that is no text at all is told line by line, the first ten of them, and exits with 1', async () => {
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7) % 256))
    const { code, stdout, stderr } = await demo('--orders', write('noise', noise))

    expect(stderr).toBe('')
    expect(stdout.match(/^line \d+: /gm)).toHaveLength(10)
    expect(stdout).toMatch(/^and \d+ more$/m)
    expect(code).toBe(1)
  })

  test('may bring its own products, and leaves nothing behind', async () => {
    const products = write('products.json', '[{"sku":"UFO","name":"🛸","price":100,"stock":1}]')
    const orders = write('orders.jsonl', order('o-1', { lines: [{ sku: 'UFO', quantity: 1 }] }))
    const { code, stdout, stderr } = await demo('--orders', orders, '--products', products, '--folder', folder)

    expect(stderr).toBe('')
    expect(stdout).toContain('1 units − 1 sold = 0; left 0')
    expect(code).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(['orders.jsonl', 'products.json'])
  })

  test('of products that is none is told, and exits with 2', async () => {
    const { code, stderr } = await demo('--products', write('products.json', '[{"sku":"UFO"}]'))

    expect(stderr).toContain("The list of products can't be read: 0 name")
    expect(code).toBe(2)
  })
})

test('a wrong option is told in one line and exits with 2', async () => {
  const { code, stdout, stderr } = await demo('--broker', 'redis')

  expect(stderr).toBe('The demo does not run on redis yet: so far there are memory, kafka.\n')
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

test('orders.jsonl is what its script makes', () => {
  const products = JSON.parse(readFileSync(inShop('products.json'), 'utf8')) as { readonly sku: string }[]

  expect(readFileSync(inShop('orders.jsonl'), 'utf8')).toBe(toJsonLines(makeOrders(products.map(({ sku }) => sku))))
})

type Row = Record<'published' | 'consumed' | 'delivered again' | 'retried' | 'dead-lettered', number>

/** The figures by service and column. */
function readTable(stdout: string): Record<'order' | 'payment' | 'inventory' | 'journal', Row> {
  const cells = (line: string): string[] => line.trimEnd().split(/ {2,}/)
  const lines = stdout.split('\n')
  const header = cells(lines.find((line) => line.startsWith('service')) ?? '')
  const row = (service: string): Row => {
    const values = cells(lines.find((line) => line.startsWith(`${service} `)) ?? '')
    const figures = header.map((title, column) => [title, Number(values[column]?.replaceAll(',', ''))] as const)
    return Object.fromEntries(figures) as Row
  }
  return { order: row('order'), payment: row('payment'), inventory: row('inventory'), journal: row('journal') }
}
