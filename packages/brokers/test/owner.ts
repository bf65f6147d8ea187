import { recipes } from '../src/servers/recipes.ts'
import { startServer } from '../src/start-server.ts'

const { url } = await startServer(recipes[process.argv[2] as keyof typeof recipes], {})
process.stdout.write(`${url}\n`)
// The server keeps nobody alive: a process that only starts one ends, and the server with it.
setInterval(() => {}, 60_000)
