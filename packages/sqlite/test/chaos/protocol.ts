/** How many messages one publish call of the relay may carry: with the partitions, it bounds the duplicates of a kill. */
export const batchEvents = 50
export const partitions = 4
export const leaseMs = 1_000

/** From the relay to the broker, which is the parent process: its arrivals survive every kill. */
export interface PublishCall {
  readonly call: number
  readonly messages: readonly { readonly id: string; readonly topic: string; readonly key: string }[]
}

/** The broker's confirm. */
export interface Confirm {
  readonly call: number
}

/** What an application process tells: the only thing that may not be lost with it. */
export interface AppReport {
  /** A statement that SQLite answered with BUSY. */
  readonly busy: string
}
