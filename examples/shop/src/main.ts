import { runCli } from './cli/run-cli.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())
process.exitCode = await runCli(process.argv.slice(2), process, interrupted.signal)
