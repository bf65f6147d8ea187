import type { Transport } from '../../transport/transport.ts'
import type { Member, Network } from '../transport/harness.ts'
import { noNetwork } from './no-network.ts'

/** Connects a transport of this process as a member. It can't be crashed or paused: see `ConnectOptions.isolated`. */
export async function localMember(transport: Transport, network: Network = noNetwork): Promise<Member> {
  const capabilities = await transport.connect()
  return {
    transport,
    capabilities,
    network,
    crash: refuse,
    pause: refuse,
    resume: refuse,
    memoryBytes: refuse,
    dispose: () => transport.close(),
  }
}

async function refuse(): Promise<never> {
  throw new Error('Only a member with a process of its own can be crashed, paused or weighed')
}
