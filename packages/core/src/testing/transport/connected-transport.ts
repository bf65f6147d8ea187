import type { Transport } from '../../transport/transport.ts'
import type { Member } from './harness.ts'

/** A member's transport for what connects by itself, as a bus does: `connect` answers with what the member was told. */
export function connectedTransport({ transport, capabilities }: Member): Transport {
  return {
    name: transport.name,
    topology: transport.topology,
    connect: async () => capabilities,
    publish: (messages, options) => transport.publish(messages, options),
    subscribe: (options) => transport.subscribe(options),
    deadLetters: (group) => transport.deadLetters(group),
    probe: () => transport.probe(),
    close: () => transport.close(),
  }
}
