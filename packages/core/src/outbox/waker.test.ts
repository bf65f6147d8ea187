import { expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { Waker } from './waker.ts'

it('a wake ends the wait of everybody', async () => {
  const waker = new Waker(createManualClock())
  const waits = [waker.wait(waker.round, 1_000), waker.wait(waker.round, 1_000)]
  waker.wake()
  expect(await Promise.all(waits)).toEqual([true, true])
})

it('a wait ends by itself when its time is over', async () => {
  const clock = createManualClock()
  const waker = new Waker(clock)
  const wait = waker.wait(waker.round, 1_000)
  await clock.advance(1_000)
  expect(await wait).toBe(false)
  expect(clock.pending).toBe(0)
})

it('a wake between looking and waiting is not missed', async () => {
  const waker = new Waker(createManualClock())
  const { round } = waker
  waker.wake()
  expect(await waker.wait(round, 1_000)).toBe(true)
})
