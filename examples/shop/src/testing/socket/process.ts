import { runProcess } from '../../process/run-process.ts'
import { socketTransport } from './socket-transport.ts'

/** As `src/process/main.ts`, on a broker behind a socket. */
await runProcess({
  args: process.argv.slice(2),
  connect: () => socketTransport(process.env.EVENTSPINE_TRANSPORT as string),
})
