import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

test('the quickstart prints the event that it published, and ends by itself', async () => {
  const args = ['--conditions=@eventspine/source', main]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })

  expect(stdout).toBe("to bill: { orderId: 'o-1', total: 4200 }\n")
  expect(stderr).toBe('')
})

test('the quickstart fits into 15 lines', () => {
  const lines = readFileSync(main, 'utf8').trimEnd().split('\n')

  expect(lines.length).toBeLessThanOrEqual(15)
})
