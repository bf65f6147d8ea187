import type { Bus } from '@eventspine/core'

export interface FoundLetter {
  readonly group: string
  readonly id: string
  readonly type: string
  readonly code: string
  readonly message: string
}

const groups = ['order', 'payment', 'inventory', 'journal']

/** Those of all groups of the shop; any bus on the broker can ask. */
export async function findDeadLetters(bus: Bus): Promise<FoundLetter[]> {
  const found: FoundLetter[] = []
  for (const group of groups) {
    for await (const { message, failure } of bus.deadLetters(group).browse()) {
      const type = message.headers.get('ce_type') ?? message.topic
      found.push({ group, id: message.id, type, code: failure.code, message: failure.message })
    }
  }
  return found
}
