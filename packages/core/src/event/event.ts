/**
 * A fact that happened: what a handler gets. The CloudEvents attributes under their names in our words; `data` is the
 * schema's output.
 */
export interface Event<Type extends string = string, Data = unknown> {
  /** UUIDv7, minted once, at publish. Unique together with `source`. */
  readonly id: string
  /** The service that it happened in: a stable URI. */
  readonly source: string
  readonly type: Type
  /** RFC 3339, as the publisher wrote it. */
  readonly time: string | undefined
  readonly subject: string | undefined
  /** The version of the definition that it was published with, before upcasting. */
  readonly version: number
  readonly topic: string
  readonly key: string | undefined
  readonly data: Data
  /** The same for everything that follows from one beginning. */
  readonly correlationId: string | undefined
  /** The id of the event that directly caused this one. */
  readonly causationId: string | undefined
  /** W3C trace context of the last hop, else of the first publish. */
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
  /** Every other CloudEvents attribute, by its wire name (lower-case). A null-prototype object. */
  readonly extensions: Readonly<Record<string, string>>
}
