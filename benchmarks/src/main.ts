import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isMet } from './harness/bar.ts'
import { type Case, nameOf } from './harness/case.ts'
import { machineLine } from './harness/machine.ts'
import { measure, type Result } from './harness/measure.ts'
import { type Row, toRows } from './harness/row.ts'
import { MisuseError, selectCases } from './harness/select.ts'
import { tableHead, tableLines } from './harness/table.ts'
import { cases, onRequest } from './suites/index.ts'

const usage = `npm run bench -- [suite | suite/case]… [--json FILE] [--events N] [--rounds N] [--enforce]

  --json FILE   also writes the figures as an array of { suite, case, subject, unit, value, ratio }
  --events N    events in a round
  --rounds N    measured rounds of each subject
  --enforce     fails when any bar is missed; without it, only when one is that no busy machine can explain
`

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`  ${text}\n`)

interface Options {
  readonly events: number | undefined
  readonly rounds: number | undefined
  readonly enforce: boolean
}

async function bench(selected: readonly Case[], options: Options): Promise<Row[]> {
  const rows: Row[] = []
  print(`${machineLine()}\n\n${tableHead()}`)
  for (const each of selected) {
    const results = await measure(each, { ...options, say })
    print(tableLines(each, results))
    rows.push(...toRows(each, results))
    if (fails(each, results, options.enforce)) process.exitCode = 1
  }
  return rows
}

function fails({ bar }: Case, results: readonly Result[], enforce: boolean): boolean {
  const ours = results.find(({ subject }) => subject === 'eventspine')
  if (bar === undefined || ours === undefined || isMet(bar, ours)) return false
  return enforce || bar.enforced === true
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) throw new MisuseError(`--${name} is a whole number from 1`)
  return number
}

function readArguments(): { selected: readonly Case[]; json: string | undefined; options: Options } {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      events: { type: 'string' },
      rounds: { type: 'string' },
      enforce: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    print(`${usage}\n${cases.map(nameOf).join('\n')}`)
    process.exit()
  }
  return {
    selected: selectCases(cases, positionals, onRequest),
    json: values.json,
    options: {
      events: wholeNumber('events', values.events),
      rounds: wholeNumber('rounds', values.rounds),
      enforce: values.enforce,
    },
  }
}

async function main(): Promise<void> {
  const { selected, json, options } = readArguments()
  const rows = await bench(selected, options)
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, undefined, 2)}\n`)
}

try {
  await main()
} catch (error) {
  const isMisuse = error instanceof MisuseError || isParseError(error)
  if (!isMisuse) throw error
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}

function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
}
