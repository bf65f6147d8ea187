import type { FoundLetter } from './dead-letters.ts'
import type { Measures, Meter } from './meter.ts'
import type { OutboxSums } from './outboxes.ts'
import { type ServiceName, services } from './roles.ts'

/** One row of the table. */
export interface ServiceFigures extends Measures {
  readonly service: ServiceName
  /** Sent on by the service's relay, confirmed by the broker: what its outbox says. */
  readonly published: number
  /** What the broker keeps for somebody to look at. */
  readonly deadLettered: number
}

export function figuresOf(
  meters: Readonly<Record<ServiceName, Meter>>,
  { relayed }: OutboxSums,
  letters: readonly FoundLetter[],
): ServiceFigures[] {
  return services.map((service) => ({
    service,
    published: relayed[service] ?? 0,
    deadLettered: letters.filter(({ group }) => group === service).length,
    ...meters[service].read(),
  }))
}
