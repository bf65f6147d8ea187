import type { TransportError } from '@eventspine/core/transport'
import type { NewRecord, Place, ProducerIdentity } from '../driver/driver.ts'

/** What became of a record; `unknown`: the broker may have it. */
export type SendResult = { readonly error: TransportError; readonly unknown: boolean } | undefined

export interface Item {
  readonly record: NewRecord
  readonly bytes: number
  /** The records of one call that share a key fall together. */
  readonly call: Set<string>
  readonly key: string | undefined
  readonly done: (result: SendResult) => void
}

/** What is on its way to one partition: one batch at a time, the same again until the broker has answered for it. */
export class Lane {
  readonly place: Place
  readonly name: string
  batch: readonly Item[] | undefined
  isSending = false
  failures = 0
  /** Of the first record of the batch, in what `producer` has written to this partition. */
  sequence = 0
  producer: ProducerIdentity | undefined
  /** The broker counts otherwise: the batch needs a producer that it knows nothing of. */
  disputed = false
  #pending: Item[] = []

  constructor(place: Place) {
    this.place = place
    this.name = `${place.topic}/${place.partition}`
  }

  get isIdle(): boolean {
    return this.batch === undefined && this.#pending.length === 0
  }

  push(item: Item): void {
    this.#pending.push(item)
  }

  /** Forms the next batch of at most so many bytes, at least one record. */
  fill(maxBytes: number, maxRecords: number): void {
    if (this.batch !== undefined || this.#pending.length === 0) return
    let bytes = 0
    let count = 0
    for (const item of this.#pending) {
      if (count > 0 && (bytes + item.bytes > maxBytes || count >= maxRecords)) break
      bytes += item.bytes
      count++
    }
    this.batch = this.#pending.splice(0, count)
  }

  accepted(): void {
    const batch = this.batch ?? []
    this.sequence = (this.sequence + batch.length) % 2 ** 31
    this.#done()
    for (const { done } of batch) done(undefined)
  }

  /** The broker wants none of the batch: a half is tried alone, and of a single record the rest of its key falls with it. */
  refused(error: TransportError): void {
    const batch = this.batch ?? []
    this.#done()
    if (batch.length > 1) {
      const half = batch.length >> 1
      this.#pending.unshift(...batch.slice(half))
      this.batch = batch.slice(0, half)
      return
    }
    const [item] = batch
    if (item === undefined) return
    item.done({ error, unknown: false })
    if (item.key === undefined) return
    item.call.add(item.key)
    this.#drop(({ call, key }) => call === item.call && key === item.key, { error, unknown: false })
  }

  /** Nobody waits any more: what was sent may be there, the rest is not. */
  giveUp(error: TransportError, call?: Set<string>): void {
    const concerns = (item: Item): boolean => call === undefined || item.call === call
    for (const item of this.batch ?? []) if (concerns(item)) item.done({ error, unknown: true })
    this.#drop(concerns, { error, unknown: false })
    if (call === undefined) this.#done()
  }

  #drop(which: (item: Item) => boolean, result: SendResult): void {
    const dropped = this.#pending.filter(which)
    this.#pending = this.#pending.filter((item) => !which(item))
    for (const { done } of dropped) done(result)
  }

  #done(): void {
    this.batch = undefined
    this.failures = 0
  }
}
