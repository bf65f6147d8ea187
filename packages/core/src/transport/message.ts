import type { TransportError } from './errors.ts'

/** What a transport carries: bytes, headers and a key. The core has encoded it; an adapter never looks inside `body`. */
export interface Message {
  readonly topic: string
  /** `id` and `source` name the event: native deduplication, returned messages. Unique together. */
  readonly id: string
  readonly source: string
  /** Decides the partition (murmur2 of its UTF-8 bytes) on an ordered topic; none = no order. */
  readonly key?: string
  /**
   * Lower-case names; the CloudEvents attributes as `ce_*` and `content-type`, ours as `es-*`, plus `traceparent`: binary
   * mode. What an adapter receives in structured mode it unfolds (`unfold`); what it can't, it hands on as it came, for the
   * core to dead-letter.
   */
  readonly headers: ReadonlyMap<string, string>
  /** `null` (no data) is not the same as zero bytes. */
  readonly body: Uint8Array | null
  /** Epoch milliseconds: no delivery before it. Needs `delayedPublish`. */
  readonly notBefore?: number
}

/**
 * What became of one message of a publish call. `unheard`: accepted, but no group will get it (only where
 * `detectsNoGroup`). `'unknown'`: the broker may or may not have it; sending it again may duplicate it.
 */
export type Outcome =
  | { readonly accepted: true; readonly unheard?: boolean }
  | { readonly accepted: false | 'unknown'; readonly error: TransportError }
