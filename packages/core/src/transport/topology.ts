export interface Topology {
  readonly topics: readonly TopicSpec[]
  readonly groups: readonly GroupSpec[]
}

export interface TopicSpec {
  readonly name: string
  /** Publishers keep the order of a key. Fixed when the topic is created. */
  readonly ordered: boolean
  /** Creation-time only: afterwards the broker's value wins. */
  readonly partitions?: number
}

export interface GroupSpec {
  readonly name: string
  readonly topics: readonly string[]
  /** The group keeps the order of a key: it needs ordered topics. */
  readonly ordered: boolean
  readonly partitions?: number
  /**
   * Where a **new** group starts (an existing position always wins). `available`: all that the broker can still give.
   * `earliest`: the whole history; refused without `history`. `latest`: what is published after `subscribe` resolved.
   */
  readonly startAt: StartAt
}

export type StartAt = 'available' | 'earliest' | 'latest'

/** What `ensure` made and what `verify` found, topics and groups, each text with its name in it ("topic orders"). */
export interface Report {
  readonly created: readonly string[]
  readonly existing: readonly string[]
  readonly mismatches: readonly Mismatch[]
}

/** `resource` in the broker's own words ("topic orders"); `wanted` and `found` name the differing value. */
export interface Mismatch {
  readonly resource: string
  readonly property: string
  readonly wanted: string
  readonly found: string
  /** True when working on would break a guarantee: the bus refuses to start. */
  readonly fatal: boolean
}

/** One line per thing that would be created, in the broker's own words. */
export interface Plan {
  readonly steps: readonly { readonly resource: string; readonly detail: string }[]
}
