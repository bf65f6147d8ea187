import type { Transport } from '../../transport/transport.ts'
import type { Member, Network } from '../transport/harness.ts'
import { openLink } from './link.ts'
import { noNetwork } from './no-network.ts'
import { createLeases, createRemoteTransport } from './remote-transport.ts'

export interface SpawnMemberOptions {
  /** URL of an ES module that exports `createTransport(options)`; the child imports it. */
  readonly module: string | URL
  /** What `createTransport` gets: anything that can be cloned. */
  readonly options?: unknown
  /** The fault proxy between this member and the broker; without one the member's network has no faults to offer. */
  readonly network?: Network
}

const disposeMs = 10_000

/**
 * A member in a process of its own, so that `crash` is SIGKILL and `pause` SIGSTOP with any adapter. Its transport is
 * connected; every call on it crosses to the child, and deliveries and lease signals come back. Rejects as `connect` does.
 */
export async function spawnMember({ module, options, network = noNetwork }: SpawnMemberOptions): Promise<Member> {
  const leases = createLeases()
  const url = String(module)
  const { createTransport } = (await import(/* @vite-ignore */ url)) as {
    createTransport: (options: unknown) => Transport
  }
  const local = createTransport(options)
  const { link, name } = await openLink({ module: url, options, onLeaseOver: leases.over })
  const transport = createRemoteTransport({ link, leases, name, local })

  const dispose = async (): Promise<void> => {
    if (link.gone) return
    link.signal('SIGCONT')
    await Promise.race([transport.close().catch(() => {}), after(disposeMs)])
    await link.kill()
  }
  try {
    const capabilities = await transport.connect()
    return {
      transport,
      capabilities,
      network,
      crash: () => link.kill(),
      pause: async () => link.signal('SIGSTOP'),
      resume: async () => link.signal('SIGCONT'),
      memoryBytes: () => link.call('memoryBytes', []),
      dispose,
    }
  } catch (error) {
    await link.kill()
    throw error
  }
}

function after(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs).unref())
}
