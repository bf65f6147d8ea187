import { runCli } from './cli/run-cli.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort())
process.exitCode = await runCli(process.argv.slice(2), process, interrupted.signal)
