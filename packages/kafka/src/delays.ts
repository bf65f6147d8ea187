/**
 * A log is read from its head, so one topic can delay by one time only: each tier is a topic whose messages all mature
 * after that time. What is due later than its tier matures there and waits in memory, or for long waits goes round again.
 */
export const tiersMs: readonly number[] = [0, 1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000]

/** A week, which the topics keep their messages for, twice over. */
export const longestDelayMs = 604_800_000
export const delayRetentionMs = 2 * longestDelayMs

/** Matured and due within this: held in memory until then. Due later: written to the tier that fits the rest. */
export const heldMs = 5_000

export const tierFor = (delayMs: number): number => tiersMs.findLast((tier) => tier <= delayMs) ?? 0

const label = (ms: number): string => {
  if (ms === 0) return '0'
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`
}

/** The topics of delayed publishes, shared by everybody on the cluster. */
export const laterPrefix = 'eventspine.later'
export const laterGroup = 'eventspine.later'

export const retryPrefix = (group: string): string => `${group}.retry`
export const delayTopic = (prefix: string, tierMs: number): string => `${prefix}.${label(tierMs)}`
export const delayTopics = (prefix: string): readonly string[] => tiersMs.map((tier) => delayTopic(prefix, tier))
export const deadTopic = (group: string): string => `${group}.dead`

/** The tier of one of the delay topics under `prefix`; undefined for any other topic. */
export const tierOf = (prefix: string, topic: string): number | undefined =>
  tiersMs.find((tier) => delayTopic(prefix, tier) === topic)
