import type { Clock } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../virtual-clock.ts'
import { DelayQueue } from './delay-queue.ts'

describe('DelayQueue', () => {
  it('runs by time, then by the order of the calls', async () => {
    const clock = createVirtualClock({ now: 0 })
    const queue = new DelayQueue(clock)
    queue.resume()
    const ran: string[] = []
    for (const [dueAt, name] of [
      [30, 'c'],
      [10, 'a'],
      [20, 'b'],
      [10, 'a2'],
      [5, 'first'],
    ] as const) {
      queue.at(dueAt, () => ran.push(`${name}@${clock.now()}`))
    }
    expect(clock.pending).toBe(1)
    await clock.advance(100)
    expect(ran).toEqual(['first@5', 'a@10', 'a2@10', 'b@20', 'c@30'])
    expect(clock.pending).toBe(0)
  })

  it('runs nothing that was cancelled and leaves no timer behind', async () => {
    const clock = createVirtualClock({ now: 0 })
    const queue = new DelayQueue(clock)
    queue.resume()
    queue.at(10, () => expect.unreachable()).cancel()
    expect(clock.pending).toBe(0)
    await clock.advance(20)
  })

  it('has no timer while it is suspended and runs late what fell due meanwhile', async () => {
    const clock = createVirtualClock({ now: 0 })
    const queue = new DelayQueue(clock)
    const ran: number[] = []
    queue.at(10, () => ran.push(clock.now()))
    expect(clock.pending).toBe(0)
    await clock.advance(50)
    queue.resume()
    await clock.advance(0)
    expect(ran).toEqual([50])
    queue.at(100, () => ran.push(clock.now()))
    queue.suspend()
    expect(clock.pending).toBe(0)
  })

  it('is never early when its timer is', async () => {
    const timers: (() => void)[] = []
    let now = 0
    const early: Clock = {
      now: () => now,
      after: (_delayMs, run) => {
        timers.push(run)
        return { cancel: () => {} }
      },
    }
    const queue = new DelayQueue(early)
    queue.resume()
    const ran: number[] = []
    queue.at(10, () => ran.push(now))
    now = 9
    timers.shift()?.()
    expect(ran).toEqual([])
    now = 10
    timers.shift()?.()
    expect(ran).toEqual([10])
  })
})
