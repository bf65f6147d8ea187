import { exchange, expectAnswer } from './exchange.ts'

/** PING; a server that still reads its data answers with an error instead. */
export async function redisReady(port: number, signal: AbortSignal): Promise<void> {
  const enough = (answer: Buffer): boolean => answer.includes('\r\n')
  const answer = await exchange({ port, signal, send: Buffer.from('PING\r\n'), enough })
  expectAnswer(answer.toString() === '+PONG\r\n', answer)
}
