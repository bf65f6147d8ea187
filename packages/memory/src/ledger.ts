import type { Broker } from './broker/broker.ts'
import type { Cursor } from './broker/cursor.ts'
import type { Group } from './broker/group.ts'
import { Held } from './broker/held.ts'
import type { Letters } from './broker/letters.ts'
import type { Stored } from './broker/stored.ts'

/** What became of the messages of one group, as far back as the broker keeps them. Worked out when it is asked for. */
export interface Ledger {
  readonly acked: readonly Stored[]
  readonly held: readonly Stored[]
  /** Given back, not delivered again yet. */
  readonly returned: readonly Stored[]
  readonly delayed: readonly Stored[]
  readonly deadLettered: readonly Stored[]
  /** The group has not come to them. */
  readonly undelivered: number
}

export function ledgerOf(broker: Broker, name: string): Ledger | undefined {
  const group = broker.groups.get(name)
  if (group === undefined) return undefined
  const cursors = [...group.cursors]
  const letters = broker.lettersOf(name)
  const held = cursors.flatMap((cursor) => cursor.claims.flatMap((claim) => claim.held.map(Held.stored)))
  const returned = cursors.flatMap((cursor) => cursor.returned.map(({ stored }) => stored))
  const delayed = [...group.delayed]
  const deadLettered = letters.all.map(({ stored }) => stored)
  const open = new Set([...held, ...returned, ...delayed, ...deadLettered])
  const acked = cursors.flatMap((cursor) => read(cursor, open, letters)).sort(bySeq)
  return { acked, held, returned, delayed, deadLettered, undelivered: undelivered(group) }
}

function read(cursor: Cursor, open: ReadonlySet<Stored>, letters: Letters): Stored[] {
  const acked: Stored[] = []
  for (let offset = Math.max(cursor.start, cursor.log.start); offset < cursor.position; offset++) {
    const stored = cursor.log.at(offset)
    if (!open.has(stored) && !letters.discarded(stored)) acked.push(stored)
  }
  return acked
}

const undelivered = (group: Group): number =>
  [...group.cursors].reduce((sum, { log, position }) => sum + log.end - position, 0)

/** In the order of acceptance; delayed ones too. */
export function publishedMessages(broker: Broker): Stored[] {
  const logs = [...broker.topics.values()].flatMap(({ logs }) => logs)
  return [...logs.flatMap((log) => [...log]), ...broker.scheduled].sort(bySeq)
}

const bySeq = (a: Stored, b: Stored): number => a.seq - b.seq
