import { type Capabilities, failureHeaderBytes } from '@eventspine/core/transport'
import { heldMs, longestDelayMs } from './delays.ts'
import type { Cluster } from './driver/driver.ts'
import { DriverError } from './driver/driver.ts'
import { framingBytes } from './mapper.ts'
import { retrying } from './retrying.ts'

/** What this server takes, as far as it says. */
export interface ServerLimits {
  /** Of a record batch, framing and all. */
  readonly maxBatchBytes: number
  /** Of a commit's metadata. */
  readonly metadataBytes: number
}

/** A broker's own defaults, for clients that may not read its configuration. */
const defaults: ServerLimits = { maxBatchBytes: 1_048_588, metadataBytes: 4_096 }

export async function readLimits(cluster: Cluster, signal?: AbortSignal): Promise<ServerLimits> {
  try {
    const names = ['message.max.bytes', 'offset.metadata.max.bytes']
    const config = await retrying(() => cluster.brokerConfig(names), { withinMs: 10_000, ...(signal && { signal }) })
    const read = (name: string, otherwise: number): number => {
      const value = Number(config.get(name) ?? Number.NaN)
      return Number.isSafeInteger(value) && value > 0 ? value : otherwise
    }
    return {
      maxBatchBytes: read('message.max.bytes', defaults.maxBatchBytes),
      metadataBytes: read('offset.metadata.max.bytes', defaults.metadataBytes),
    }
  } catch (error) {
    if (error instanceof DriverError && error.type.endsWith('_AUTHORIZATION_FAILED')) return defaults
    throw error
  }
}

/** A dead letter is its message and more: the largest message must still fit as one. */
export const maxMessageBytes = ({ maxBatchBytes }: ServerLimits): number =>
  maxBatchBytes - failureHeaderBytes - framingBytes

export const toCapabilities = (limits: ServerLimits): Capabilities => ({
  durable: true,
  history: true,
  orderedGroups: true,
  atomicKeys: true,
  detectsNoGroup: false,
  attempts: 'durable',
  deadLetterPeek: 'free',
  delayedPublish: 'member',
  maxMessageBytes: maxMessageBytes(limits),
  maxBatch: { messages: 10_000, bytes: 16_777_216 },
  maxHoldMs: Number.POSITIVE_INFINITY,
  retryDelay: { minMs: 50, maxMs: longestDelayMs - heldMs, overshoot: 250 },
})
