import { exchange } from './exchange.ts'

/** Asks for metadata: a broker lists itself only when the controller lets it serve. */
export async function kafkaReady(port: number, signal: AbortSignal): Promise<void> {
  const answer = await exchange({ port, signal, send: metadataRequest(), enough: ({ length }) => length >= 16 })
  // size, correlation id, throttle time: the fourth number counts the brokers.
  if (answer.readInt32BE(12) < 1) throw new Error('no broker is registered')
}

/** Metadata, version 4, about no topic. */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(19)
  request.writeInt32BE(15, 0)
  request.writeInt16BE(3, 4)
  request.writeInt16BE(4, 6)
  request.writeInt16BE(-1, 12)
  return request
}
