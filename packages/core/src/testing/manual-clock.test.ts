import { describe, expect, it } from 'vitest'
import { sleep } from '../clock.ts'
import { createManualClock } from './manual-clock.ts'

describe('createManualClock', () => {
  it('fires timers in order, each at its own time, with what follows from it before the next', async () => {
    const clock = createManualClock(1_000)
    const seen: [string, number][] = []
    clock.after(20, () => seen.push(['second', clock.now()]))
    sleep(clock, 10)
      .then(() => seen.push(['first', clock.now()]))
      .then(() => sleep(clock, 5))
      .then(() => seen.push(['between', clock.now()]))
    await clock.advance(30)
    expect(seen).toEqual([
      ['first', 1_010],
      ['between', 1_015],
      ['second', 1_020],
    ])
    expect(clock.now()).toBe(1_030)
  })

  it('fires nothing early and nothing that was cancelled', async () => {
    const clock = createManualClock()
    let fired = 0
    const cancelled = clock.after(5, () => fired++)
    clock.after(11, () => fired++)
    cancelled.cancel()
    cancelled.cancel()
    await clock.advance(10)
    expect([fired, clock.pending]).toEqual([0, 1])
  })
})
