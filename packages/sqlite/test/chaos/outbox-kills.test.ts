import { expect, it } from 'vitest'
import { runFault } from './outbox-kills.ts'

it('loses, invents and reorders nothing when applications and relays on one file are killed (F-O12)', async () => {
  const seed = Math.trunc(Math.random() * 2 ** 32)
  const tally = await runFault({ quick: true, seed })
  expect(tally, tally.note).toMatchObject({ lost: 0, ghosts: 0, inversions: 0, passed: true })
}, 120_000)
