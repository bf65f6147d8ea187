import { expect, test } from 'vitest'
import { settle } from './settle.ts'

const { signal } = new AbortController()
const invariant = (holds: boolean, shows: string) => [{ name: 'it holds', holds, shows }]

test('the wait is over as soon as everything holds', async () => {
  let looks = 0
  const inspect = async () => invariant(++looks === 3, `${looks}`)

  expect(await settle({ inspect, signal, everyMs: 1 })).toEqual(invariant(true, '3'))
})

test('what does not hold is waited for while it moves, and no longer', async () => {
  let looks = 0
  const inspect = async () => invariant(false, `${Math.min(++looks, 20)}`)

  expect(await settle({ inspect, signal, looks: 5, everyMs: 1 })).toEqual(invariant(false, '20'))
  expect(looks).toBe(25)
})

test('an abort ends the wait', async () => {
  let looks = 0
  const inspect = async () => invariant(false, `${++looks}`)

  await settle({ inspect, signal: AbortSignal.abort(), everyMs: 1 })
  expect(looks).toBe(1)
})
