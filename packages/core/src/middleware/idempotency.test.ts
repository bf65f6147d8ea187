import { describe, expect, expectTypeOf, it } from 'vitest'
import { handlerContext } from '../../test/handler-context.ts'
import { NoInboxTransactionError } from './errors.ts'
import { idempotency, inboxTx } from './idempotency.ts'
import type { InboxKey, InboxStore } from './inbox.ts'
import { memoryInbox } from './memory-inbox.ts'

interface Ledger {
  readonly entries: string[]
}

/** Every transaction is a ledger of its own; the ledgers of work that succeeded are kept. */
function ledgerInbox(): InboxStore<Ledger> & { readonly kept: Ledger[]; readonly keys: InboxKey[] } {
  const kept: Ledger[] = []
  const keys: InboxKey[] = []
  return {
    kept,
    keys,
    async once(key, work) {
      const tx = { entries: [] }
      keys.push(key)
      await work(tx)
      kept.push(tx)
      return 'done'
    },
    sweep: async () => 0,
  }
}

describe('idempotency', () => {
  it('runs an event once for its group and acks what comes again', async () => {
    const duplicates: string[] = []
    const middleware = idempotency(memoryInbox(), { onDuplicate: ({ event }) => duplicates.push(event.id) })
    let runs = 0
    const deliver = (id: string, group: string): Promise<void> =>
      middleware(handlerContext({ id, group }), async () => void runs++)
    await deliver('e-1', 'billing')
    await deliver('e-1', 'billing')
    await deliver('e-1', 'shipping')
    await deliver('e-2', 'billing')
    expect([runs, duplicates]).toEqual([3, ['e-1']])
  })

  it('acks a duplicate although its observer throws', async () => {
    const middleware = idempotency(memoryInbox(), {
      onDuplicate: () => {
        throw new Error('not today')
      },
    })
    await middleware(handlerContext(), async () => {})
    await expect(middleware(handlerContext(), async () => {})).resolves.toBeUndefined()
  })

  it('lets a failed event run again, and passes its error on', async () => {
    const middleware = idempotency(memoryInbox())
    const context = handlerContext()
    const refused = new Error('refused')
    await expect(middleware(context, () => Promise.reject(refused))).rejects.toBe(refused)
    let ran = false
    await middleware(context, async () => {
      ran = true
    })
    expect(ran).toBe(true)
  })

  it('names an event by group, source and id', async () => {
    const inbox = ledgerInbox()
    await idempotency(inbox)(
      handlerContext({ group: 'billing', source: 'https://shop.example', id: 'e-7' }),
      async () => {},
    )
    expect(inbox.keys).toEqual([{ group: 'billing', source: 'https://shop.example', id: 'e-7' }])
  })

  it('stops waiting for another run of the same event when the attempt is over', async () => {
    const middleware = idempotency(memoryInbox())
    const first = Promise.withResolvers<void>()
    const running = middleware(handlerContext(), () => first.promise)
    const second = handlerContext()
    const waiting = middleware(second, async () => {})
    second.abort(new Error('timeout'))
    await expect(waiting).rejects.toThrow('timeout')
    first.resolve()
    await running
  })
})

describe('inboxTx', () => {
  it('gives the handler the transaction of its own delivery, with its type', async () => {
    const inbox = ledgerInbox()
    const deliver = (id: string): Promise<void> => {
      const context = handlerContext({ id })
      return idempotency(inbox)(context, async () => {
        const tx = inboxTx(inbox, context)
        expectTypeOf(tx).toEqualTypeOf<Ledger>()
        tx.entries.push(id)
      })
    }
    await Promise.all([deliver('a'), deliver('b')])
    expect(inbox.kept).toEqual([{ entries: ['a'] }, { entries: ['b'] }])
  })

  it('keeps two inboxes around one handler apart', async () => {
    const [outer, inner] = [ledgerInbox(), ledgerInbox()]
    const context = handlerContext()
    await idempotency(outer)(context, () =>
      idempotency(inner)(context, async () => {
        inboxTx(outer, context).entries.push('outer')
        inboxTx(inner, context).entries.push('inner')
      }),
    )
    expect([outer.kept, inner.kept]).toEqual([[{ entries: ['outer'] }], [{ entries: ['inner'] }]])
  })

  it('refuses outside of the work of that inbox', async () => {
    const inbox = ledgerInbox()
    const context = handlerContext()
    expect(() => inboxTx(inbox, context)).toThrow(NoInboxTransactionError)
    await idempotency(inbox)(context, async () => {
      expect(() => inboxTx(ledgerInbox(), context)).toThrow(NoInboxTransactionError)
    })
    expect(() => inboxTx(inbox, context)).toThrow(NoInboxTransactionError)
  })
})
