import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { PublishFailedError, UnknownTopicError } from '../transport/errors.ts'
import type { Message, Outcome } from '../transport/message.ts'
import { Publisher, type PublisherOptions } from './publisher.ts'

type Answer = (messages: readonly Message[]) => readonly Outcome[] | Promise<readonly Outcome[]>

const accepted: Outcome = { accepted: true }
const refused: Outcome = { accepted: false, error: new PublishFailedError('try later') }
const lost: Outcome = { accepted: 'unknown', error: new PublishFailedError('no answer') }
const acceptAll: Answer = (messages) => messages.map(() => accepted)

const message = (id: string, key?: string): Message => ({
  topic: 'orders',
  id,
  source: '/shop',
  ...(key === undefined ? {} : { key }),
  headers: new Map(),
  body: new Uint8Array(100),
})

function setUp(answers: Answer[], options: Partial<PublisherOptions> = {}) {
  const clock = createManualClock()
  const calls: string[][] = []
  const counts = { published: 0, publishFailed: 0, unheard: 0 }
  const publisher = new Publisher({
    transport: {
      publish: async (messages) => {
        calls.push(messages.map((each) => each.id))
        return (answers.shift() ?? acceptAll)(messages)
      },
    },
    maxBatch: { messages: 1_000, bytes: Number.POSITIVE_INFINITY },
    clock,
    timeoutMs: 1_000,
    unheard: 'count',
    counts,
    observe: undefined,
    ...options,
  })
  return { publisher, calls, counts, clock }
}

/** An answer that comes when the test says so. */
function held() {
  const { promise, resolve } = Promise.withResolvers<readonly Outcome[]>()
  return { answer: () => promise, give: resolve }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the publisher', () => {
  it('sends a lone message at once and resolves with its id', async () => {
    const { publisher, calls, counts } = setUp([])
    expect(await publisher.publish(message('1'))).toEqual({ id: '1', unheard: false })
    expect(calls).toEqual([['1']])
    expect(counts).toEqual({ published: 1, publishFailed: 0, unheard: 0 })
  })

  it('sends what a thousand callers publish in one turn as one batch', async () => {
    const { publisher, calls } = setUp([])
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => publisher.publish(message(String(index)))))
    expect(calls.map((call) => call.length)).toEqual([1_000])
  })

  it('fills the next batch while one is in flight', async () => {
    const first = held()
    const { publisher, calls } = setUp([first.answer])
    const all = [publisher.publish(message('1'))]
    await turn()
    for (const id of ['2', '3', '4']) {
      all.push(publisher.publish(message(id)))
      await turn()
    }
    expect(calls).toEqual([['1']])
    first.give([accepted])
    await Promise.all(all)
    expect(calls).toEqual([['1'], ['2', '3', '4']])
  })

  it('never passes more than a call may hold, neither in messages nor in bytes', async () => {
    const five = ['1', '2', '3', '4', '5'].map((id) => message(id))
    const byCount = setUp([], { maxBatch: { messages: 2, bytes: Number.POSITIVE_INFINITY } })
    await Promise.all(five.map((each) => byCount.publisher.publish(each)))
    expect(byCount.calls).toEqual([['1', '2'], ['3', '4'], ['5']])
    const byBytes = setUp([], { maxBatch: { messages: 100, bytes: 350 } })
    await Promise.all(five.map((each) => byBytes.publisher.publish(each)))
    expect(byBytes.calls).toEqual([
      ['1', '2', '3'],
      ['4', '5'],
    ])
  })

  it('lets a message larger than a batch go alone', async () => {
    const { publisher, calls } = setUp([], { maxBatch: { messages: 100, bytes: 10 } })
    await Promise.all([publisher.publish(message('1')), publisher.publish(message('2'))])
    expect(calls).toEqual([['1'], ['2']])
  })

  it('rejects a message that can never be accepted and hurts none of its neighbours', async () => {
    const unknown: Outcome = { accepted: false, error: new UnknownTopicError('no such topic') }
    const { publisher, calls } = setUp([() => [accepted, unknown, accepted]])
    const results = await Promise.allSettled(['1', '2', '3'].map((id) => publisher.publish(message(id, 'k'))))
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(calls).toHaveLength(1)
  })

  it('sends a refused message again before what follows of its key, while other keys go on', async () => {
    const { publisher, calls, clock } = setUp([() => [refused, accepted]])
    const all = [publisher.publish(message('a1', 'a')), publisher.publish(message('b1', 'b'))]
    await turn()
    all.push(publisher.publish(message('a2', 'a')), publisher.publish(message('b2', 'b')))
    await turn()
    expect(calls).toEqual([['a1', 'b1'], ['b2']])
    await clock.advance(20)
    await Promise.all(all)
    expect(calls).toEqual([['a1', 'b1'], ['b2'], ['a1', 'a2']])
  })

  it('holds back what was queued behind a key whose outcome is unknown', async () => {
    const first = held()
    const { publisher, calls, clock } = setUp([first.answer])
    const all = [publisher.publish(message('a1', 'a'))]
    await turn()
    all.push(publisher.publish(message('a2', 'a')), publisher.publish(message('b1', 'b')))
    first.give([lost])
    await turn()
    expect(calls).toEqual([['a1'], ['b1']])
    await clock.advance(20)
    await Promise.all(all)
    expect(calls.at(-1)).toEqual(['a1', 'a2'])
  })

  it('keeps order within a key when several of a batch must go again', async () => {
    const { publisher, calls, clock } = setUp([() => [refused, accepted, refused]])
    const all = ['1', '2', '3'].map((id) => publisher.publish(message(id, 'a')))
    await turn()
    await clock.advance(20)
    await Promise.all(all)
    expect(calls).toEqual([
      ['1', '2', '3'],
      ['1', '3'],
    ])
  })

  it('fails what waits behind a message whose time is up: sending it would break the order', async () => {
    const always: Answer = (messages) => messages.map((each) => (each.key === 'a' ? refused : accepted))
    const { publisher, clock, counts } = setUp(Array.from({ length: 50 }, () => always))
    const first = publisher.publish(message('a1', 'a')).catch(codeOf)
    await turn()
    await clock.advance(500)
    const second = publisher.publish(message('a2', 'a')).catch(codeOf)
    const other = publisher.publish(message('b1', 'b'))
    await clock.advance(500)
    expect([await first, await second]).toEqual(['publish-failed', 'key-halted'])
    expect((await other).id).toBe('b1')
    expect(counts).toMatchObject({ published: 1, publishFailed: 2 })
  })

  it('reports what was accepted as accepted, whatever became of its predecessor', async () => {
    const { publisher } = setUp([() => [refused, accepted]], { timeoutMs: 10 })
    const first = publisher.publish(message('a1', 'a')).catch(codeOf)
    const second = publisher.publish(message('a2', 'a')).catch(codeOf)
    expect([await first, await second]).toEqual(['publish-failed', { id: 'a2', unheard: false }])
  })

  it('rejects by its deadline when the broker never answers', async () => {
    const { publisher, clock } = setUp([() => new Promise(() => {})])
    const inFlight = publisher.publish(message('1')).catch(codeOf)
    await turn()
    await clock.advance(600)
    const queued = publisher.publish(message('2')).catch(codeOf)
    await clock.advance(400)
    expect(await inFlight).toBe('publish-failed')
    await clock.advance(600)
    expect(await queued).toBe('publish-failed')
  })

  it('tries again when the whole call rejects', async () => {
    const { publisher, calls, clock } = setUp([() => Promise.reject(new PublishFailedError('away'))])
    const all = [publisher.publish(message('1', 'a')), publisher.publish(message('2', 'b'))]
    await turn()
    await clock.advance(20)
    await Promise.all(all)
    expect(calls.flat()).toEqual(['1', '2', '1', '2'])
  })

  it('drops an aborted message that still waits, and lets go of the signal', async () => {
    const first = held()
    const { publisher, calls } = setUp([first.answer])
    const aborter = new AbortController()
    const one = publisher.publish(message('1'), aborter.signal)
    await turn()
    const two = publisher.publish(message('2'), aborter.signal).catch(codeOf)
    const three = publisher.publish(message('3'))
    aborter.abort()
    expect(await one.catch(codeOf)).toBe('aborted')
    expect(await two).toBe('aborted')
    first.give([accepted])
    await three
    expect(calls).toEqual([['1'], ['3']])
  })

  it('rejects an unheard event only when asked to', async () => {
    const unheard: Answer = () => [{ accepted: true, unheard: true }]
    const counting = setUp([unheard])
    expect(await counting.publisher.publish(message('1'))).toEqual({ id: '1', unheard: true })
    expect(counting.counts.unheard).toBe(1)
    const rejecting = setUp([unheard], { unheard: 'reject' })
    expect(await rejecting.publisher.publish(message('1')).catch(codeOf)).toBe('unheard')
  })

  it('flushes: resolves when the last message has its outcome', async () => {
    const first = held()
    const { publisher } = setUp([first.answer])
    const order: string[] = []
    const published = publisher.publish(message('1')).then(() => order.push('published'))
    await turn()
    const flushed = publisher.flush().then(() => order.push('flushed'))
    await turn()
    expect(order).toEqual([])
    first.give([accepted])
    await Promise.all([published, flushed])
    expect(order).toEqual(['published', 'flushed'])
  })
})
