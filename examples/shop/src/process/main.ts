import { runProcess } from './run-process.ts'

/** In the environment, not among the arguments: those every user of the machine can read, and a URL may hold a password. */
const url = process.env.EVENTSPINE_TRANSPORT
if (url === undefined) throw new Error('EVENTSPINE_TRANSPORT holds no URL of a broker.')

await runProcess({ args: process.argv.slice(2), connect: () => url })
