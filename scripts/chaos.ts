import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { faults } from './chaos/faults.ts'
import { runFaults } from './chaos/run-faults.ts'

const usage = 'npm run chaos -- [fault or transport…] [--quick] [--seed N] [--json FILE] [--list]'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  })
  const seed = Number(values.seed)
  if (!Number.isSafeInteger(seed)) throw new TypeError('--seed takes a whole number')
  const isNamed = ({ id, transport }: (typeof faults)[number], name: string): boolean =>
    id === name || transport === name
  const unknown = positionals.filter((name) => !faults.some((fault) => isNamed(fault, name)))
  if (unknown.length > 0) throw new TypeError(`no such fault: ${unknown.join(', ')}`)
  const chosen = faults.filter((fault) => positionals.length === 0 || positionals.some((name) => isNamed(fault, name)))
  return { ...values, seed, chosen }
}

async function main({ chosen, json, list, quick, seed }: ReturnType<typeof readArguments>): Promise<void> {
  if (list) {
    for (const { id, transport, title } of chosen) print(`${id.padEnd(7)}${transport.padEnd(11)}${title}`)
    return
  }
  print(`seed ${seed}${quick ? ', quick' : ''}`)
  const rows = await runFaults(chosen, { quick, seed }, print)
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`)
  if (rows.some(({ passed }) => !passed)) process.exitCode = 1
}

let options: ReturnType<typeof readArguments> | undefined
try {
  options = readArguments()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
  process.exitCode = 2
}
if (options !== undefined) await main(options)
