import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'

/** The emulator's TCP port, and nothing behind it that could be lost. */
const [, , socket = '', port] = process.argv
createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const store = connect({ path: socket, allowHalfOpen: true })
  pipeline(client, store, client, () => {})
}).listen(Number(port), '127.0.0.1')
