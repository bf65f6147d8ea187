import { setTimeout as pause } from 'node:timers/promises'
import { type ChargeResult, GatewayUnavailableError, type PaymentGateway } from '../services/payment/gateway.ts'
import { openDatabase } from '../shared/database.ts'

/** What a card may be charged at once. */
const limit = 250_000

const tables = `
  create table if not exists charges (
    idempotency_key text primary key, amount integer not null, refunded integer not null default 0, declined text
  ) strict;`

export interface FakeGateway extends PaymentGateway {
  close(): void
}

interface FakeGatewayOptions {
  /** Its books, of its own: they know nothing of the shop, so that the shop's can be held against them. */
  readonly file: string
  /** How often it fails before it charges for this key. */
  readonly outages: (idempotencyKey: string) => number
}

/** Declines `tok_declined_…` and whatever is over the limit, and sometimes is not there at all. */
export function createFakeGateway({ file, outages }: FakeGatewayOptions): FakeGateway {
  const db = openDatabase(file, tables)
  const insert = db.prepare('insert into charges (idempotency_key, amount, declined) values (?, ?, ?)')
  const select = db.prepare('select declined from charges where idempotency_key = ?')
  const refund = db.prepare('update charges set refunded = amount where idempotency_key = ? and declined is null')
  const failed = new Map<string, number>()

  const failAtFirst = (key: string): void => {
    const times = failed.get(key) ?? 0
    if (times >= outages(key)) return
    failed.set(key, times + 1)
    throw new GatewayUnavailableError('The payment gateway does not answer.')
  }

  return {
    async charge({ idempotencyKey, card, amount }): Promise<ChargeResult> {
      await pause(1)
      failAtFirst(idempotencyKey)
      const earlier = select.get(idempotencyKey) as { declined: string | null } | undefined
      const declined = earlier === undefined ? reasonToDecline(card, amount) : earlier.declined
      if (earlier === undefined) insert.run(idempotencyKey, amount, declined)
      return declined === null ? { status: 'captured' } : { status: 'declined', reason: declined }
    },
    async refund({ idempotencyKey }): Promise<void> {
      await pause(1)
      refund.run(idempotencyKey)
    },
    close: () => db.close(),
  }
}

function reasonToDecline(card: string, amount: number): string | null {
  if (card.startsWith('tok_declined_')) return 'card declined'
  return amount > limit ? 'over the limit of the card' : null
}
