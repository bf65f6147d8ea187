import { parseArgs } from 'node:util'
import { type Server, type ServerName, serverNames } from './server.ts'
import { recipes } from './servers/recipes.ts'
import { startServer } from './start-server.ts'

const usage = `npm run brokers -- up <server>…      starts real servers and keeps them until Ctrl-C
servers: ${serverNames.join(', ')}
`

const { positionals } = parseArgs({ allowPositionals: true })
const [verb, ...names] = positionals
if (verb === 'up' && names.length > 0 && names.every(isServerName)) await up(names)
else {
  process.stderr.write(usage)
  process.exitCode = 2
}

async function up(wanted: readonly ServerName[]): Promise<void> {
  const servers = await startAll([...new Set(wanted)])
  for (const { name, url } of servers) process.stdout.write(`export ${recipes[name].variable}=${url}\n`)
  process.stderr.write('Ctrl-C ends them and deletes their data.\n')
  await interrupted()
  await Promise.all(servers.map((server) => server.stop()))
}

async function startAll(wanted: readonly ServerName[]): Promise<Server[]> {
  const starts = await Promise.allSettled(wanted.map((name) => startServer(recipes[name], { own: true })))
  const failures = starts.filter((start) => start.status === 'rejected')
  const servers = starts.filter((start) => start.status === 'fulfilled').map(({ value }) => value)
  if (failures.length === 0) return servers
  await Promise.all(servers.map((server) => server.stop()))
  for (const { reason } of failures) process.stderr.write(`${(reason as Error).message}\n`)
  process.exit(1)
}

/** Servers keep no process alive; the timer does, until a person has had enough. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 60_000)
    const end = (): void => {
      clearInterval(alive)
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  })
}

function isServerName(name: string): name is ServerName {
  return (serverNames as readonly string[]).includes(name)
}
