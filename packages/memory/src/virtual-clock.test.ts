import { sleep } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { createVirtualClock } from './virtual-clock.ts'

describe('createVirtualClock', () => {
  it('stands still until it is moved', async () => {
    const clock = createVirtualClock({ now: new Date('2026-05-01T00:00:00Z') })
    const before = clock.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(clock.now()).toBe(before)
    expect(before).toBe(Date.UTC(2026, 4, 1))
    await clock.advance(10)
    expect(clock.now()).toBe(before + 10)
    await clock.advanceTo(before)
    expect(clock.now()).toBe(before + 10)
  })

  it('runs timers in order of time, each at its own', async () => {
    const clock = createVirtualClock({ now: 0 })
    const ran: string[] = []
    clock.after(30, () => ran.push(`c@${clock.now()}`))
    clock.after(10, () => ran.push(`a@${clock.now()}`))
    clock.after(10, () => ran.push(`b@${clock.now()}`))
    await clock.advance(20)
    expect(ran).toEqual(['a@10', 'b@10'])
    expect(clock.pending).toBe(1)
    await clock.advanceTo(30)
    expect(ran).toEqual(['a@10', 'b@10', 'c@30'])
  })

  it('lets what a timer sets in motion finish before the next, new timers included', async () => {
    const clock = createVirtualClock({ now: 0 })
    const at: number[] = []
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        await sleep(clock, 100)
        await Promise.resolve().then(() => Promise.resolve())
        at.push(clock.now())
      }
    }
    const done = loop()
    await clock.advance(500)
    await done
    expect(at).toEqual([100, 200, 300, 400, 500])
  })

  it('counts what is pending, and not what was cancelled', async () => {
    const clock = createVirtualClock()
    const timer = clock.after(10, () => expect.unreachable())
    expect(clock.pending).toBe(1)
    timer.cancel()
    timer.cancel()
    expect(clock.pending).toBe(0)
    await clock.runAll()
  })

  it('runs all that there is, and says so when it never ends', async () => {
    const clock = createVirtualClock({ now: 0 })
    let left = 3
    const again = (): void => {
      if (--left > 0) clock.after(1_000, again)
    }
    clock.after(1_000, again)
    await clock.runAll()
    expect([left, clock.now()]).toEqual([0, 3_000])
    const forever = (): void => void clock.after(1, forever)
    forever()
    await expect(clock.runAll({ maxTimers: 10 })).rejects.toThrow('never end')
  })

  it('follows one move with the next when they overlap', async () => {
    const clock = createVirtualClock({ now: 0 })
    await Promise.all([clock.advance(10), clock.advance(10)])
    expect(clock.now()).toBe(20)
  })

  it('refuses a time that is none', () => {
    expect(() => createVirtualClock({ now: Number.NaN })).toThrow(TypeError)
  })
})
