import { exchange, expectAnswer } from './exchange.ts'

/** The AMQP 0-9-1 header; a broker that takes connections answers with connection.start on channel 0. */
export async function amqpReady(port: number, signal: AbortSignal): Promise<void> {
  const send = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1')
  const answer = await exchange({ port, signal, send, enough: ({ length }) => length >= 11 })
  // A method frame of channel 0, then class 10, method 10, after the frame's length.
  const start = answer[0] === 1 && answer.readUInt16BE(1) === 0 && answer.readUInt32BE(7) === (10 << 16) + 10
  expectAnswer(start, answer)
}
