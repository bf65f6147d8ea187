import { expect, test } from 'vitest'
import { withoutHeaders } from './container-server.ts'

const frame = (type: number, text: string): Buffer => {
  const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

test('reads the text out of an engine’s log frames', () => {
  expect(withoutHeaders(Buffer.concat([frame(1, 'ready\n'), frame(2, 'größer\n')]))).toBe('ready\ngrößer\n')
})
