import type { Network } from '@eventspine/core/testing'
import type { Transport } from '@eventspine/core/transport'
import type { Like } from '@eventspine/memory'

/** A transport with one thing wrong, and what the suite must say of it. */
export interface Mutant {
  /** A sentence that begins with "a transport that". */
  readonly what: string
  /** The clause that must find it. */
  readonly clause: string
  readonly like?: Like
  readonly complaint: RegExp
  readonly breakIt?: (transport: Transport) => Partial<Transport>
  readonly network?: (network: Network) => Partial<Network>
}
