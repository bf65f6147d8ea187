/**
 * What the connected server can do. Three readers: the bus at `start()` refuses what the app asked for and this lacks; the
 * conformance suite picks tests by it (a flag that turns one off turns its opposite on); the docs' table is made of it.
 */
export interface Capabilities {
  /** An accepted message survives a restart of the broker. */
  readonly durable: boolean
  /** A new group can read what was published before it existed. */
  readonly history: boolean
  readonly orderedGroups: boolean
  /** The events of a key in one publish call are accepted all or from the first refused on none. */
  readonly atomicKeys: boolean
  /** `unheard` outcomes are told. */
  readonly detectsNoGroup: boolean
  /** Whether in-place attempts survive a crash of the member. */
  readonly attempts: 'durable' | 'process'
  /** Whether looking at dead letters hides them from others meanwhile. */
  readonly deadLetterPeek: 'free' | 'locks'
  /** Who keeps a delayed message until it is due: the broker, or a started member (late while none runs). */
  readonly delayedPublish: 'broker' | 'member' | false
  readonly maxMessageBytes: number
  /** Per publish call; the core never passes more. */
  readonly maxBatch: { readonly messages: number; readonly bytes: number }
  /** How long a delivery may be held unsettled: `Infinity` = as long as the member lives. */
  readonly maxHoldMs: number
  /** Delays that `retry` keeps, and by how many ms it may be late beyond them. */
  readonly retryDelay: { readonly minMs: number; readonly maxMs: number; readonly overshoot: number }
}
