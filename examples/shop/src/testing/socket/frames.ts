import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'

const headBytes = 4

/** Values over a socket: the length, then what `node:v8` makes of the value. */
export function sendFrame(socket: Socket, value: unknown): void {
  const body = serialize(value)
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(body.length)
  socket.write(Buffer.concat([head, body]))
}

export function onFrame(socket: Socket, hear: (value: unknown) => void): void {
  let held = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= headBytes) {
      const end = headBytes + held.readUInt32BE()
      if (held.length < end) return
      const value: unknown = deserialize(held.subarray(headBytes, end))
      held = held.subarray(end)
      hear(value)
    }
  })
}
