import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { consumerStub, handlerContext } from '../../test/handler-context.ts'
import { type Waiter, waitIn } from './wait.ts'

it('a delivery that has waited leaves nothing on the signals of its attempt and of its consumer', async () => {
  const consumer = consumerStub()
  const queue = new Set<Waiter>()
  const listeners = (): number[] =>
    [context.signal, consumer.stopping].map((on) => getEventListeners(on, 'abort').length)
  const context = handlerContext({ consumer })
  const admitted = waitIn(queue, context)
  expect([queue.size, ...listeners()]).toEqual([1, 1, 1])
  for (const waiter of queue) waiter.admit()
  await admitted
  expect([queue.size, ...listeners()]).toEqual([0, 0, 0])

  const given = waitIn(queue, context)
  consumer.stop()
  await expect(given).rejects.toMatchObject({ code: 'released' })
  expect([queue.size, ...listeners()]).toEqual([0, 0, 0])
})
