import { expect, it } from 'vitest'
import { Turns } from './inbox-turns.ts'

it('turns come one at a time, in the order in which they were asked for', async () => {
  const turns = new Turns()
  const log: string[] = []
  const run = async (name: string): Promise<void> => {
    const end = await turns.take(undefined)
    log.push(`${name} begins`)
    await Promise.resolve()
    log.push(`${name} ends`)
    end()
  }
  await Promise.all(['a', 'b', 'c'].map(run))
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

it('one who waits no longer is left out, and nobody behind him waits for him', async () => {
  const turns = new Turns()
  const end = await turns.take(undefined)
  const reason = new Error('enough')
  const aborter = new AbortController()
  const second = turns.take(aborter.signal)
  const third = turns.take(undefined)
  aborter.abort(reason)
  await expect(second).rejects.toBe(reason)
  let begun = false
  void third.then(() => {
    begun = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(false)
  end()
  await third
})
