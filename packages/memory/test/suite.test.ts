import * as nodeTest from 'node:test'
import type { ConnectOptions, Member, TestRunner, TransportHarness } from '@eventspine/core/testing'
import type { Transport } from '@eventspine/core/transport'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import { breaking, subscribing } from './broken.ts'
import { memoryHarness } from './harness.ts'
import { type RecordedTest, testsOf } from './recorded.ts'

const find = (tests: readonly RecordedTest[], words: string): RecordedTest => {
  const found = tests.find(({ title }) => title.includes(words))
  if (found === undefined) throw new Error(`no test says "${words}"`)
  return found
}

const idsOf = (tests: readonly RecordedTest[]): string[] => tests.map(({ title }) => title.slice(0, 3))

/** Counts the members that were given out and not disposed. */
function counting(harness: TransportHarness): { harness: TransportHarness; open: Set<Member> } {
  const open = new Set<Member>()
  const connect = async (options: ConnectOptions): Promise<Member> => {
    const member = await harness.connect(options)
    const counted: Member = {
      ...member,
      dispose: async () => {
        open.delete(counted)
        await member.dispose()
      },
    }
    open.add(counted)
    return counted
  }
  return { harness: { ...harness, connect }, open }
}

const impatient = (harness: TransportHarness): TransportHarness => ({
  ...harness,
  timing: { ...harness.timing, patienceMs: 100 },
})

const deaf = (transport: Transport): Partial<Transport> =>
  subscribing(transport, { batch: (batch) => batch.filter(({ message }) => !message.id.endsWith('.7')) })

const hanging = (): Partial<Transport> => ({ publish: () => new Promise(() => {}) })

describe('the conformance suite', () => {
  it('runs as many tests on every server: a flag turns the opposite on', async () => {
    const full = await testsOf(memoryHarness())
    for (const like of ['kafka', 'rabbitmq', 'sqs', 'redis'] as const) {
      const tests = await testsOf(memoryHarness(like))
      expect(idsOf(tests)).toEqual(idsOf(full))
    }
    const withoutHistory = await testsOf(memoryHarness('rabbitmq'))
    expect(withoutHistory.filter(({ title }) => !full.some((test) => test.title === title)).length).toBeGreaterThan(2)
  })

  it('gives every test a title of its own that begins with its clause', async () => {
    const titles = (await testsOf(memoryHarness())).map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
    for (const title of titles) expect(title).toMatch(/^[CT]\d\d [a-z\d]/)
  })

  it("takes vitest's and node:test's own functions for a runner", () => {
    expectTypeOf({ describe, it, afterAll }).toExtend<TestRunner>()
    const { describe: suite, it: test, after } = nodeTest
    expectTypeOf({ describe: suite, it: test, afterAll: after }).toExtend<TestRunner>()
  })

  it('connects once before it registers anything, and disposes of that member', async () => {
    const { harness, open } = counting(memoryHarness())
    await testsOf(harness)
    expect(open.size).toBe(0)
  })

  it('shows in a failure what did arrive, and the seed that replays it', async () => {
    const tests = await testsOf(impatient(breaking(memoryHarness(), deaf)), { seed: 42 })
    const failure = await find(tests, 'C06')
      .run()
      .then(String, (error: Error) => error.message)
    expect(failure).toContain('all of 50 messages: 1 missing')
    expect(failure).toContain('seed 42')
    expect(failure).toContain('49 arrived')
    expect(failure).toMatch(/\.50: key -, partition \S+, attempt 1, by reader 1, settled/)
  })

  it('disposes of every member when a clause fails', async () => {
    const { harness, open } = counting(impatient(breaking(memoryHarness(), deaf)))
    const tests = await testsOf(harness)
    await expect(find(tests, 'C07').run()).rejects.toThrow('missing')
    expect(open.size).toBe(0)
  })

  it('ends a clause that hangs, and disposes of its members', async () => {
    const { harness, open } = counting(breaking(memoryHarness(), hanging))
    const tests = await testsOf(harness, { limitMs: 50 })
    await expect(find(tests, 'C06').run()).rejects.toThrow('the clause did not end within 50 ms')
    expect(open.size).toBe(0)
  })

  it('runs ten copies of a clause at once under stress, on topics of their own', async () => {
    const healthy = memoryHarness()
    const topics = new Set<string>()
    let most = 0
    let running = 0
    const connect = async (options: ConnectOptions): Promise<Member> => {
      const member = await healthy.connect(options)
      running += 1
      most = Math.max(most, running)
      const { ensure } = member.transport.topology
      member.transport.topology.ensure = (topology) => {
        for (const { name } of topology.topics) topics.add(name)
        return ensure(topology)
      }
      const dispose = async (): Promise<void> => {
        running -= 1
        await member.dispose()
      }
      return { ...member, dispose }
    }
    const tests = await testsOf({ ...healthy, connect }, { stress: 10 })
    const test = find(tests, 'C06')
    expect(test.title).toMatch(/, 10 times at once$/)
    await test.run()
    expect([topics.size, most]).toEqual([10, 10])
  })
})
