import { describe, expect, it } from 'vitest'
import { Log } from './log.ts'
import type { Stored } from './stored.ts'

const stored = (seq: number, bytes = 0): Stored => ({
  topic: 'orders',
  id: `${seq}`,
  source: 's',
  key: undefined,
  headers: [],
  body: new Uint8Array(bytes),
  seq,
})
const fill = (log: Log, count: number, bytes = 0): void => {
  for (let i = 0; i < count; i++) log.append(stored(log.end, bytes))
}

describe('Log', () => {
  it('finds every message by its offset, trimmed or not', () => {
    const log = new Log('orders', 0, { messages: 100, bytes: 1e9 })
    const reader = { position: 0 }
    log.readers.add(reader)
    fill(log, 1_000)
    reader.position = 900
    log.trim()
    expect(log.start).toBeGreaterThan(700)
    for (let offset = log.start; offset < log.end; offset++) expect(log.at(offset).seq).toBe(offset)
    expect([...log].map(({ seq }) => seq)[0]).toBe(log.start)
  })

  it('keeps at least what the retention says, and not much more', () => {
    const log = new Log('orders', 0, { messages: 100, bytes: 1e9 })
    const reader = { position: 0 }
    log.readers.add(reader)
    for (let i = 0; i < 1_000; i++) {
      fill(log, 1)
      reader.position = log.end
      expect(log.end - log.start).toBeGreaterThanOrEqual(Math.min(log.end, 100))
    }
    expect(log.end - log.start).toBeLessThan(100 + 2 * 64)
  })

  it('never drops what the slowest reader has not read', () => {
    const log = new Log('orders', 0, { messages: 0, bytes: 0 })
    log.readers.add({ position: 10 })
    log.readers.add({ position: 900 })
    fill(log, 1_000, 1_000)
    expect(log.start).toBeLessThanOrEqual(10)
    expect(log.at(10).seq).toBe(10)
  })

  it('keeps everything for groups to come while nobody reads, up to its bytes', () => {
    const log = new Log('orders', 0, { messages: 10, bytes: 100_000 })
    fill(log, 500, 100)
    expect(log.start).toBe(0)
    fill(log, 5_000, 100)
    expect(log.end - log.start).toBeLessThan(1_000 + 2 * 64)
    expect(log.end - log.start).toBeGreaterThan(900)
  })
})
