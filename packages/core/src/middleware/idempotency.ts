import type { HandlerContext } from '../consumer/handler.ts'
import type { Middleware } from '../consumer/middleware.ts'
import { NoInboxTransactionError } from './errors.ts'
import type { InboxStore } from './inbox.ts'
import { quietly } from './quietly.ts'

export interface IdempotencyOptions {
  /** A delivery of an event that the group was done with; it is acked without its handler. Be quick; what it throws is ignored. */
  readonly onDuplicate?: (context: HandlerContext) => void
}

/**
 * Runs each event of a group once, by an inbox; the handler gets at the inbox's transaction with `inboxTx`. Put it innermost:
 * a middleware inside of it runs within the transaction. Handlers of batches (`handleBatch`) have no context of their
 * own, so that their effects can't join the transaction: give those a table with a unique key instead.
 */
export function idempotency<Tx>(inbox: InboxStore<Tx>, options: IdempotencyOptions = {}): Middleware {
  return async (context, next) => {
    const { event, group, signal, state } = context
    const work = async (tx: Tx): Promise<void> => {
      const open = openTransactions(state)
      open.set(inbox, tx)
      try {
        await next()
      } finally {
        open.delete(inbox)
      }
    }
    const outcome = await inbox.once({ group, source: event.source, id: event.id }, work, { signal })
    if (outcome === 'duplicate') quietly(() => options.onDuplicate?.(context))
  }
}

/**
 * The transaction in which `inbox` marks the event that this handler runs for: what is written with it is committed together
 * with the mark, or not at all. Throws `no-inbox-transaction` when `idempotency(inbox)` isn't around the handler.
 */
export function inboxTx<Tx>(inbox: InboxStore<Tx>, context: Pick<HandlerContext, 'group' | 'state'>): Tx {
  const open = openTransactions(context.state)
  if (!open.has(inbox)) {
    throw new NoInboxTransactionError(
      `No transaction of this inbox is open: the consumer of group "${context.group}" needs idempotency(inbox) in "use".`,
    )
  }
  return open.get(inbox) as Tx
}

/** Registered, so that two copies of this package in one process understand each other. */
const stateKey = Symbol.for('eventspine.inbox')

function openTransactions(state: HandlerContext['state']): Map<object, unknown> {
  let open = state.get(stateKey) as Map<object, unknown> | undefined
  if (open === undefined) {
    open = new Map()
    state.set(stateKey, open)
  }
  return open
}
