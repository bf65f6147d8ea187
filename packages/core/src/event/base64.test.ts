import { expect, it } from 'vitest'
import { fromBase64, toBase64 } from './base64.ts'

it('goes both ways, for megabytes too', () => {
  for (const length of [0, 1, 2, 3, 4, 5_000_000]) {
    const bytes = new Uint8Array(length).fill(251)
    expect(fromBase64(toBase64(bytes))?.length).toBe(length)
  }
})

it('takes padded standard base64 only', () => {
  for (const text of ['A', 'AA', 'AAA', 'AA=A', 'A===', '====', 'AA==AA==', 'AA-_', 'AAA\n', ' AAA']) {
    expect(fromBase64(text), text).toBeUndefined()
  }
})
