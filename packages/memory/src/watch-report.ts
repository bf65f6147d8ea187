import type { Broker } from './broker/broker.ts'
import type { Stored } from './broker/stored.ts'
import { type Ledger, ledgerOf } from './ledger.ts'

/** A failure message must stay readable when thousands arrived. */
const maxTypes = 20
const maxNames = 5
const maxBodyChars = 200

export function typeOf({ headers }: Stored): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === 'ce_type') return headers[i + 1]
  return undefined
}

/** By type: how many, with which keys and ids. Bodies only when asked for. */
export function describeMessages(messages: readonly Stored[], { showBodies = false } = {}): string {
  if (messages.length === 0) return 'none.'
  const byType = Map.groupBy(messages, (stored) => typeOf(stored) ?? '(no type)')
  const lines = [...byType].slice(0, maxTypes).map(([type, ofType]) => {
    const keys = new Set(ofType.flatMap(({ key }) => key ?? []))
    const line = `${ofType.length} ${type}: ids ${some(ofType.map(({ id }) => id))}; keys ${some([...keys])}`
    return showBodies ? [line, ...ofType.slice(0, maxNames).map(bodyLine)].join('\n    ') : line
  })
  if (byType.size > maxTypes) lines.push(`and ${byType.size - maxTypes} more types`)
  return `${messages.length}:\n  ${lines.join('\n  ')}`
}

export function describeGroup(broker: Broker, name: string, options: { showBodies?: boolean }): string {
  const ledger = ledgerOf(broker, name)
  if (ledger === undefined) return `There is no group ${name}; there is ${some([...broker.groups.keys()])}.`
  const parts = [`It has acked ${describeMessages(ledger.acked, options)}`]
  for (const [what, messages] of [
    ['unsettled in a member', ledger.held],
    ['to be delivered again', ledger.returned],
    ['delayed', ledger.delayed],
    ['dead letters', ledger.deadLettered],
  ] as const) {
    if (messages.length > 0) parts.push(`${capital(what)}: ${describeMessages(messages, options)}`)
  }
  if (ledger.undelivered > 0) parts.push(`Not delivered: ${ledger.undelivered}.`)
  return parts.join('\n')
}

/** What is not settled; undefined when all is. */
export function describeOpen(broker: Broker): string | undefined {
  const lines = [...broker.groups.keys()].flatMap((name) => {
    const ledger = ledgerOf(broker, name) as Ledger
    const counts = [
      [ledger.undelivered, 'not delivered'],
      [ledger.held.length, 'unsettled in a member'],
      [ledger.returned.length, 'to be delivered again'],
      [ledger.delayed.length, 'delayed'],
    ] as const
    const open = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
    if (open.length === 0) return []
    const unsettled = [...ledger.held, ...ledger.returned, ...ledger.delayed]
    return `group ${name}: ${open.join(', ')}${unsettled.length > 0 ? `; of these ${describeMessages(unsettled)}` : ''}`
  })
  if (broker.scheduled.size > 0) lines.push(`${broker.scheduled.size} published for later`)
  return lines.length === 0 ? undefined : `Still open:\n${lines.join('\n')}`
}

function some(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const more = names.length > maxNames ? `, and ${names.length - maxNames} more` : ''
  return names.slice(0, maxNames).join(', ') + more
}

const bodyLine = ({ id, body }: Stored): string =>
  `${id}: ${body === null ? 'no body' : new TextDecoder().decode(body.subarray(0, maxBodyChars))}`

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
