import { buildApp } from 'fauxqs'

/** The emulator on a Unix socket: its own start function would listen on every address. */
const [, , socket = ''] = process.argv
await buildApp({ logger: false }).listen({ path: socket })
