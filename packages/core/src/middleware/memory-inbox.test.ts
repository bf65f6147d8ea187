import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { testInboxStore } from '../testing/stores/inbox-suite.ts'
import { InvalidMiddlewareError } from './errors.ts'
import type { InboxStore } from './inbox.ts'
import { memoryInbox } from './memory-inbox.ts'

testInboxStore(
  { describe, it },
  {
    name: 'memoryInbox',
    transactional: false,
    async open() {
      const inbox = memoryInbox()
      const effects = new Map<string, number>()
      return {
        inbox,
        another: () => inbox,
        affect: (_tx, name) => void effects.set(name, (effects.get(name) ?? 0) + 1),
        effects: async () => effects,
        close: async () => {},
      }
    },
  },
)

const work = async (): Promise<void> => {}
const once = (inbox: InboxStore, id: string): Promise<string> => inbox.once({ group: 'g', source: 's', id }, work)

describe('memoryInbox', () => {
  it('forgets an event when its retention is over', async () => {
    const clock = createManualClock()
    const inbox = memoryInbox({ clock, retentionMs: 1_000 })
    await once(inbox, 'a')
    await clock.advance(999)
    expect(await once(inbox, 'a')).toBe('duplicate')
    await clock.advance(1)
    expect(await once(inbox, 'a')).toBe('done')
  })

  it('keeps no more than its entries, the youngest', async () => {
    const inbox = memoryInbox({ maxEntries: 2 })
    for (const id of ['a', 'b', 'c']) await once(inbox, id)
    expect([await once(inbox, 'b'), await once(inbox, 'c')]).toEqual(['duplicate', 'duplicate'])
    expect(await once(inbox, 'a')).toBe('done')
  })

  it('keeps fewer entries when their keys are long', async () => {
    const inbox = memoryInbox({ maxEntries: 100 })
    const long = (n: number): string => String(n).padEnd(10_000, 'x')
    for (let n = 0; n < 10; n++) await once(inbox, long(n))
    expect([await once(inbox, long(9)), await once(inbox, long(8))]).toEqual(['duplicate', 'duplicate'])
    expect(await once(inbox, long(0))).toBe('done')
  })

  it.each([{ retentionMs: 0 }, { retentionMs: Number.NaN }, { maxEntries: 0 }])('refuses %o', (options) => {
    expect(() => memoryInbox(options)).toThrow(InvalidMiddlewareError)
  })
})
