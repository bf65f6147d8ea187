import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { type Delivery, maxHeld } from '../transport/subscription.ts'
import { Lanes } from './lanes.ts'
import { Task } from './task.ts'

const lease = new AbortController().signal

function delivery(id: string, key: string | undefined, partition = '0'): Delivery {
  const message = {
    topic: 't',
    id,
    source: '/s',
    headers: new Map<string, string>(),
    body: null,
    ...(key === undefined ? {} : { key }),
  }
  return { message, attempt: 1, redelivered: 0, partition, lease }
}

function setUp(ordered = true) {
  const started: string[] = []
  const full: string[] = []
  const clock = createManualClock()
  const idOf = (task: Task): string => task.delivery.message.id
  const lanes = new Lanes(ordered, {
    clock,
    ready: (task) => started.push(idOf(task)),
    readyFirst: (task) => started.unshift(idOf(task)),
    partitionFull: (partition) => full.push(partition),
  })
  const add = (id: string, key?: string, partition?: string): Task => {
    const each = delivery(id, key, partition)
    const task = new Task(each, lanes.laneOf(each))
    lanes.add(task)
    return task
  }
  return { lanes, add, started, full, clock }
}

describe('lanes', () => {
  it('let one of a key start at a time, in order, and other keys beside it', () => {
    const { lanes, add, started } = setUp()
    const first = add('a1', 'a')
    const second = add('a2', 'a')
    add('b1', 'b')
    expect(started).toEqual(['a1', 'b1'])
    lanes.finish(first)
    expect(started).toEqual(['a1', 'b1', 'a2'])
    lanes.finish(second)
    lanes.finish(second)
    add('a3', 'a')
    expect(started.at(-1)).toBe('a3')
  })

  it('never compare keys across partitions', () => {
    const { add, started } = setUp()
    add('1', 'a', '0')
    add('2', 'a', '1')
    expect(started).toEqual(['1', '2'])
  })

  it('let everything start at once in an unordered group, and what has no key in an ordered one', () => {
    const unordered = setUp(false)
    unordered.add('1', 'a')
    unordered.add('2', 'a')
    expect(unordered.started).toEqual(['1', '2'])
    const keyless = setUp()
    keyless.add('1')
    keyless.add('2')
    expect(keyless.started).toEqual(['1', '2'])
  })

  it('hold a key that waits to try again, count it as parked, and nobody else', async () => {
    const { lanes, add, started, clock } = setUp()
    const first = add('a1', 'a')
    add('a2', 'a')
    lanes.again(first, 100)
    add('a3', 'a')
    add('b1', 'b')
    expect([lanes.parked, ...started]).toEqual([3, 'a1', 'b1'])
    await clock.advance(100)
    expect(started[0]).toBe('a1')
    expect(lanes.parked).toBe(0)
    lanes.finish(first)
    expect(started.at(-1)).toBe('a2')
  })

  it('back off a delivery without a key alone', async () => {
    const { lanes, add, started, clock } = setUp()
    const first = add('1')
    lanes.again(first, 100)
    expect(lanes.parked).toBe(1)
    await clock.advance(100)
    expect([lanes.parked, ...started]).toEqual([0, '1', '1'])
  })

  it('hand out everything that waits when they are drained, and leave no timer behind', () => {
    const { lanes, add, clock } = setUp()
    lanes.again(add('a1', 'a'), 100)
    add('a2', 'a')
    add('b1', 'b')
    add('b2', 'b')
    lanes.again(add('c1'), 100)
    const ids = lanes.drain().map((task) => task.delivery.message.id)
    expect(ids.sort()).toEqual(['a1', 'a2', 'b2', 'c1'])
    expect([clock.pending, lanes.parked]).toEqual([0, 0])
  })

  it('tell once when a partition is full', () => {
    const { lanes, add, full } = setUp()
    const tasks = Array.from({ length: maxHeld.messages + 5 }, (_, index) => add(String(index), 'a'))
    expect(full).toEqual(['0'])
    for (const task of tasks) lanes.settled(task.delivery)
    add('x', 'a')
    expect(full).toEqual(['0'])
  })
})
