import { describe, expect, it } from 'vitest'
import {
  ConnectionFailedError,
  MessageTooLargeError,
  PublishFailedError,
  TransportClosedError,
} from '../transport/errors.ts'
import type { Message, Outcome } from '../transport/message.ts'
import { isEventFault, type SendOptions, SendPass } from './send-pass.ts'
import type { OutboxEvent } from './store.ts'

/** `a1` is of key `a`; `-1` has none; what ends in `u` is unreadable. */
const eventOf = (id: string): OutboxEvent => ({
  ref: id,
  attempt: 1,
  ...(id.endsWith('u') ? { unreadable: 'no headers' } : {}),
  message: {
    topic: 'orders',
    id,
    source: 's',
    ...(id.startsWith('-') ? {} : { key: id.slice(0, 1) }),
    headers: new Map(),
    body: new Uint8Array(10),
  },
})

const accepted: Outcome = { accepted: true }
const refused: Outcome = { accepted: false, error: new PublishFailedError('no') }

function passOver(ids: readonly string[], answer: (message: Message) => Outcome, changes: Partial<SendOptions> = {}) {
  const calls: string[][] = []
  const pass = new SendPass(ids.map(eventOf), {
    transport: {
      publish: async (messages) => {
        calls.push(messages.map((message) => message.id))
        return messages.map(answer)
      },
    },
    maxBatch: { messages: 100, bytes: Number.POSITIVE_INFINITY },
    strict: false,
    signal: new AbortController().signal,
    mayGoOn: () => true,
    onAccepted: () => {},
    now: () => 5,
    ...changes,
  })
  return { pass, calls }
}

const shown = (pass: SendPass): string[] => pass.sent.map((sent) => (typeof sent === 'string' ? sent : 'failed'))

describe('a pass over a batch', () => {
  it('sends all in one call where the broker takes as many', async () => {
    const { pass, calls } = passOver(['a1', 'b1', 'a2', '-1'], () => accepted)
    expect(await pass.run()).toBeUndefined()
    expect(calls).toEqual([['a1', 'b1', 'a2', '-1']])
    expect(pass.accepted).toBe(4)
  })

  it('splits by messages and by bytes, and sends what is too large for itself alone', async () => {
    const byCount = passOver(['a1', 'b1', 'a2'], () => accepted, { maxBatch: { messages: 2, bytes: 1_000 } })
    await byCount.pass.run()
    expect(byCount.calls).toEqual([['a1', 'b1'], ['a2']])
    const byBytes = passOver(['a1', 'b1', 'a2'], () => accepted, { maxBatch: { messages: 10, bytes: 25 } })
    await byBytes.pass.run()
    expect(byBytes.calls).toEqual([['a1', 'b1'], ['a2']])
    const tooLarge = passOver(['a1', 'b1'], () => accepted, { maxBatch: { messages: 10, bytes: 1 } })
    await tooLarge.pass.run()
    expect(tooLarge.calls).toEqual([['a1'], ['b1']])
  })

  it('has one event of a key in a call when it is strict, and any number without a key', async () => {
    const { pass, calls } = passOver(['a1', 'a2', 'b1', '-1', 'a3', '-2'], () => accepted, { strict: true })
    await pass.run()
    expect(calls).toEqual([['a1', 'b1', '-1', '-2'], ['a2'], ['a3']])
  })

  it('halts the lane of a failed event in later calls, and no other', async () => {
    const answer = ({ id }: Message) => (id === 'a1' ? refused : accepted)
    const { pass, calls } = passOver(['a1', 'b1', 'a2', 'b2', '-1'], answer, { strict: true })
    expect(await pass.run()).toBeUndefined()
    expect(calls).toEqual([['a1', 'b1', '-1'], ['b2']])
    expect(shown(pass)).toEqual(['failed', 'accepted', 'unsent', 'accepted', 'accepted'])
  })

  it.each([false, true])(
    'never sends what is unreadable, but what comes before it of its key (strict: %s)',
    async (strict) => {
      const { pass, calls } = passOver(['a1', 'a2', '-u', 'a-u', 'a3', 'b1'], () => accepted, { strict })
      expect(await pass.run()).toBeUndefined()
      expect(calls.flat().sort()).toEqual(['a1', 'a2', 'b1'])
      expect(shown(pass)).toEqual(['accepted', 'accepted', 'failed', 'failed', 'unsent', 'accepted'])
      expect(pass.sent[2]).toMatchObject({ error: { code: 'unreadable-event', message: 'no headers' } })
    },
  )

  it('blames the first of a key that was refused with its successors', async () => {
    const { pass } = passOver(['a1', 'a2', 'b1'], ({ key }) => (key === 'a' ? refused : accepted))
    await pass.run()
    expect(shown(pass)).toEqual(['failed', 'unsent', 'accepted'])
  })

  it('ends at a call of which nothing was taken, and sends all of the rest again, in order, next time', async () => {
    let down = true
    const answer = (): Outcome => (down ? { accepted: 'unknown', error: new PublishFailedError('?') } : accepted)
    const { pass, calls } = passOver(['a1', 'a2', 'b1'], answer, { maxBatch: { messages: 2, bytes: 1_000 } })
    expect(await pass.run()).toMatchObject({ at: 5, error: { code: 'publish-failed' } })
    down = false
    expect(await pass.run()).toBeUndefined()
    expect(calls).toEqual([['a1', 'a2'], ['a1', 'a2'], ['b1']])
  })

  it('sends nothing again that was accepted', async () => {
    let down = true
    const answer = ({ id }: Message) => (down && id === 'b1' ? refused : accepted)
    const { pass, calls } = passOver(['a1', 'b1'], answer, { maxBatch: { messages: 1, bytes: 1_000 } })
    expect(await pass.run()).toBeDefined()
    down = false
    await pass.run()
    expect(calls).toEqual([['a1'], ['b1'], ['b1']])
  })

  it('takes a refusal for what the events are for no trouble of the broker', async () => {
    const { pass } = passOver(['a1', 'b1'], () => ({ accepted: false, error: new MessageTooLargeError('big') }))
    expect(await pass.run()).toBeUndefined()
    expect(shown(pass)).toEqual(['failed', 'failed'])
  })

  it('finds the one that makes a whole call reject by sending each alone', async () => {
    const publish = async (messages: readonly Message[]): Promise<Outcome[]> => {
      if (messages.some(({ id }) => id === 'b1')) throw new TypeError('cannot read properties of undefined')
      return messages.map(() => accepted)
    }
    const { pass } = passOver(['a1', 'b1', 'b2', 'c1'], () => accepted, { transport: { publish } })
    expect(await pass.run()).toBeUndefined()
    expect(shown(pass)).toEqual(['accepted', 'failed', 'unsent', 'accepted'])
  })

  it('asks before each call whether it may go on', async () => {
    let left = 1
    const { pass, calls } = passOver(['a1', 'b1'], () => accepted, {
      maxBatch: { messages: 1, bytes: 1_000 },
      mayGoOn: () => left-- > 0,
    })
    expect(await pass.run()).toBeUndefined()
    expect(calls).toEqual([['a1']])
    expect(shown(pass)).toEqual(['accepted', 'unsent'])
  })
})

it('an event is at fault only for what it is itself', () => {
  expect(isEventFault(new MessageTooLargeError('big'))).toBe(true)
  expect(isEventFault(new TransportClosedError('closed'))).toBe(false)
  expect(isEventFault(new ConnectionFailedError('down'))).toBe(false)
  expect(isEventFault(new TypeError('what'))).toBe(false)
})
