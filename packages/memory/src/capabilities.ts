import type { Capabilities } from '@eventspine/core/transport'

/** Whose capabilities a memory broker takes on. */
export type Like = 'kafka' | 'rabbitmq' | 'sqs' | 'redis'

const mebibyte = 1_048_576
const longMs = Number.MAX_SAFE_INTEGER

/** `overshoot` is what a timer of the system clock may be late under load; a virtual clock is exact. */
const own: Capabilities = {
  durable: true,
  history: true,
  orderedGroups: true,
  atomicKeys: true,
  detectsNoGroup: true,
  attempts: 'durable',
  deadLetterPeek: 'free',
  delayedPublish: 'broker',
  maxMessageBytes: mebibyte,
  maxBatch: { messages: 10_000, bytes: Number.POSITIVE_INFINITY },
  maxHoldMs: Number.POSITIVE_INFINITY,
  retryDelay: { minMs: 0, maxMs: longMs, overshoot: 250 },
}

/** What the servers say in their default configuration. */
const others: Record<Like, Capabilities> = {
  kafka: {
    ...own,
    detectsNoGroup: false,
    delayedPublish: 'member',
    maxMessageBytes: mebibyte - 512,
    maxBatch: { messages: 10_000, bytes: mebibyte - 512 },
    retryDelay: { minMs: 1_000, maxMs: 3_600_000, overshoot: 250 },
  },
  rabbitmq: {
    ...own,
    history: false,
    atomicKeys: false,
    attempts: 'process',
    deadLetterPeek: 'locks',
    maxBatch: { messages: 1_000, bytes: 16 * mebibyte },
    maxHoldMs: 1_800_000,
    retryDelay: { minMs: 100, maxMs: longMs, overshoot: 2_750 },
  },
  sqs: {
    ...own,
    history: false,
    atomicKeys: false,
    detectsNoGroup: false,
    deadLetterPeek: 'locks',
    delayedPublish: 'member',
    maxMessageBytes: 262_144,
    maxBatch: { messages: 10, bytes: 262_144 },
    maxHoldMs: 42_600_000,
    retryDelay: { minMs: 1_000, maxMs: 43_200_000, overshoot: 2_000 },
  },
  redis: {
    ...own,
    delayedPublish: 'member',
    maxBatch: { messages: 500, bytes: 16 * mebibyte },
    retryDelay: { minMs: 1, maxMs: longMs, overshoot: 250 },
  },
}

export function capabilitiesOf(like: Like | undefined, maxMessageBytes: number | undefined): Capabilities {
  const record = like === undefined ? own : others[like]
  return maxMessageBytes === undefined ? record : { ...record, maxMessageBytes }
}
