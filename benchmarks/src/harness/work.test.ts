import { describe, expect, it } from 'vitest'
import { Countdown, concurrently } from './work.ts'

describe('concurrently', () => {
  it('does each piece once, and no more at a time than there are callers', async () => {
    const done: number[] = []
    let running = 0
    let most = 0
    await concurrently(3, 10, async (index) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      done.push(index)
    })
    expect(done.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(most).toBe(3)
  })
})

describe('Countdown', () => {
  it('resolves at the last of as many ticks as it was told, each time anew', async () => {
    const countdown = new Countdown()
    for (const count of [2, 3]) {
      let reached = false
      const end = countdown.from(count).then(() => {
        reached = true
      })
      for (let i = 1; i < count; i++) countdown.tick()
      await Promise.resolve()
      expect(reached).toBe(false)
      countdown.tick()
      await end
      expect(reached).toBe(true)
    }
  })
})
