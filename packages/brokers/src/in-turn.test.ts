import { expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

test('runs calls in their order, past one that fails', async () => {
  const oneByOne = inTurn()
  const seen: number[] = []
  const call = (id: number, waitMs: number) => async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    seen.push(id)
    return id
  }
  const first = oneByOne(call(1, 20))
  const failed = oneByOne(() => Promise.reject(new Error('no')))
  const last = oneByOne(call(3, 0))
  await expect(failed).rejects.toThrow('no')
  expect(await Promise.all([first, last])).toEqual([1, 3])
  expect(seen).toEqual([1, 3])
})
