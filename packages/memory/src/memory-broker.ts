import type { Capabilities, Clock } from '@eventspine/core/transport'
import { Broker } from './broker/broker.ts'
import type { MemoryBrokerOptions } from './options.ts'

/** What a server is elsewhere: it keeps topics, groups, positions and dead letters while transports come and go. */
export interface MemoryBroker {
  readonly clock: Clock
  readonly capabilities: Capabilities
}

/** For several transports in one process, as several services would share a server. */
export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  return new Broker(options)
}

export function brokerBehind(broker: MemoryBroker): Broker {
  if (broker instanceof Broker) return broker
  throw new TypeError('`broker` must come from createMemoryBroker')
}
