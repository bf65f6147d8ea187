import { exchange, expectAnswer } from './exchange.ts'

/** A start-up packet; while the server recovers, the answer is an error. */
export async function postgresReady(port: number, signal: AbortSignal): Promise<void> {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
  const packet = Buffer.alloc(8 + parameters.length)
  packet.writeInt32BE(packet.length, 0)
  packet.writeInt32BE(196_608, 4)
  parameters.copy(packet, 8)
  const answer = await exchange({ port, signal, send: packet, enough: ({ length }) => length >= 9 })
  // Authentication, and none is needed: anything else is a server that isn't ours or isn't ready.
  expectAnswer(answer[0] === 0x52 && answer.readInt32BE(5) === 0, answer)
}
