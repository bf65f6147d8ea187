import type { Bus } from '@eventspine/core'
import { services } from './roles.ts'

export interface FoundLetter {
  readonly group: string
  readonly id: string
  readonly type: string
  readonly code: string
  readonly message: string
}

/** Those of all groups of the shop; any bus on the broker can ask. `since`, in epoch milliseconds, leaves out older ones. */
export async function findDeadLetters(bus: Bus, since: number): Promise<FoundLetter[]> {
  const found: FoundLetter[] = []
  for (const group of services) {
    for await (const { message, failure } of bus.deadLetters(group).browse()) {
      if (failure.at < since) continue
      const type = message.headers.get('ce_type') ?? message.topic
      found.push({ group, id: message.id, type, code: failure.code, message: failure.message })
    }
  }
  return found
}
