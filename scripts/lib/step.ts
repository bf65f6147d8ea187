import { CommandFailed } from './run.ts'

/** One thing that a script checks. What `run` resolves to is shown beside its name: a figure, a count. */
export interface Step {
  readonly name: string
  readonly run: () => Promise<string | undefined>
}

/** What a check found, one finding a line. */
export class Findings extends Error {
  readonly findings: readonly string[]

  constructor(findings: readonly string[]) {
    super(findings.length === 1 ? '1 finding' : `${findings.length} findings`)
    this.findings = findings
  }
}

export function refuse(findings: readonly string[]): void {
  if (findings.length > 0) throw new Findings(findings)
}

function describe(error: unknown): string {
  if (error instanceof CommandFailed) return `${error.output.trimEnd()}\n${error.message}`
  if (error instanceof Findings) return error.findings.join('\n')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Runs the steps one after another, prints a line for each, and sets the exit code; a failure doesn't stop the rest. */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  let failed = 0
  for (const step of steps) {
    const started = performance.now()
    let line = `✓ ${step.name.padEnd(14)}`
    let details = ''
    try {
      const note = await step.run()
      line += seconds(started) + (note ? `  ${note}` : '')
    } catch (error) {
      failed += 1
      line = `✗ ${step.name.padEnd(14)}${seconds(started)}`
      details = `\n${describe(error).replaceAll(/^/gm, '    ')}\n`
    }
    process.stdout.write(`${line}\n${details}`)
  }
  process.stdout.write(
    failed === 0 ? `${steps.length} checks passed\n` : `${failed} of ${steps.length} checks failed\n`,
  )
  if (failed > 0) process.exitCode = 1
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s`
}
