import { connect } from 'node:net'

export interface Question {
  readonly port: number
  readonly signal: AbortSignal
  readonly send: Buffer
  /** Whether what has come so far is the whole answer. */
  enough(answer: Buffer): boolean
}

/** Sends bytes to a port of 127.0.0.1 and resolves to the answer. */
export function exchange({ port, signal, send, enough }: Question): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      reject(error)
    }
    const abort = (): void => fail(new Error('no answer', { cause: signal.reason }))
    signal.addEventListener('abort', abort)
    let answer = Buffer.alloc(0)
    socket.on('connect', () => socket.write(send))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (!enough(answer)) return
      signal.removeEventListener('abort', abort)
      socket.destroy()
      resolve(answer)
    })
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the connection was closed without an answer')))
  })
}

/** Rejects with what came instead. */
export function expectAnswer(healthy: boolean, answer: Buffer): void {
  if (!healthy) throw new Error(`an unexpected answer: ${answer.subarray(0, 200).toString('latin1')}`)
}
