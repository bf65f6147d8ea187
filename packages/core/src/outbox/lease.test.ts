import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { Lease } from './lease.ts'

const claim = { partition: 0, epoch: 1 }
const inMs = (ms: number): number => performance.now() + ms

it('a lease aborts its signal when it is over', async () => {
  const lease = new Lease(claim, systemClock, inMs(30))
  expect(lease.valid).toBe(true)
  await pause(60)
  expect(lease.signal.aborted).toBe(true)
  expect(lease.signal.reason).toMatchObject({ code: 'claim-lost' })
})

it('a renewed lease goes on, and one that is over stays over', async () => {
  const lease = new Lease(claim, systemClock, inMs(40))
  lease.renew(inMs(120))
  await pause(70)
  expect(lease.valid).toBe(true)
  await pause(80)
  lease.renew(inMs(10_000))
  expect(lease.valid).toBe(false)
  lease.end('test')
})

it('a process that was paused finds its lease over before any timer fires', () => {
  const lease = new Lease(claim, createManualClock(), inMs(5))
  const until = inMs(10)
  while (performance.now() < until);
  expect(lease.valid).toBe(false)
})

it('an ended lease leaves no timer behind', () => {
  const clock = createManualClock()
  const lease = new Lease(claim, clock, inMs(10_000))
  lease.renew(inMs(20_000))
  expect(clock.pending).toBe(1)
  lease.end('it is given back')
  expect(clock.pending).toBe(0)
})

it('a timer that comes early ends nothing, and comes again', async () => {
  const clock = createManualClock()
  const lease = new Lease(claim, clock, inMs(10_000))
  await clock.advance(10_000)
  expect([lease.valid, clock.pending]).toEqual([true, 1])
  lease.end('test')
})
